import { readFileSync } from 'node:fs'
import { EcCodecError, typeError } from './errors.ts'

/**
 * A shared WebAssembly memory, by the one member that is used of it: `new WebAssembly.Memory({ ..., shared: true })`
 * fits. Views of shards are to be made on this very `buffer`. (Neither Node's nor ECMAScript's type libraries declare the `WebAssembly` namespace.)
 */
export interface CodecMemory {
  readonly buffer: SharedArrayBuffer
}

/** A region of a memory, in bytes. */
export interface Region {
  readonly byteOffset: number
  readonly byteLength: number
}

/** @internal What assembly/kernel.ts exports. All arguments are addresses and counts. */
export interface Kernel {
  code(
    k: number,
    m: number,
    inputs: number,
    outputs: number,
    matrix: number,
    tables: number,
    paired: boolean,
    length: number,
  ): void
  check(
    k: number,
    m: number,
    inputs: number,
    outputs: number,
    matrix: number,
    tables: number,
    paired: boolean,
    length: number,
    spare: number,
    buffer: number,
    bufferLength: number,
  ): number
}

/** The part of the WebAssembly namespace that is used here. */
interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: CodecMemory } },
  ) => { readonly exports: unknown }
  readonly Memory: new (descriptor: {
    readonly initial: number
    readonly maximum: number
    readonly shared: true
  }) => CodecMemory
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyNamespace }

const PAGE = 65_536

let compiled: object | undefined
const instances = new WeakMap<CodecMemory, Kernel>()

/** Compiles the kernel at the first call; it takes a millisecond or so. */
function kernelModule(): object {
  if (compiled !== undefined) return compiled
  let bytes: Uint8Array
  try {
    bytes = readFileSync(new URL('./kernel.wasm', import.meta.url))
  } catch (cause) {
    throw new EcCodecError(
      'ERR_EC_KERNEL_UNREADABLE',
      'Cannot read kernel.wasm beside the compiled code: run the build script of @millrace/ec-codec, or take the portable engine',
      { cause },
    )
  }
  try {
    compiled = new WebAssembly.Module(bytes)
  } catch (cause) {
    throw new EcCodecError(
      'ERR_EC_NO_SIMD',
      'Cannot compile the SIMD kernel on this platform: take the portable engine',
      { cause },
    )
  }
  return compiled
}

/** @internal Whether this platform compiles the kernel. Throws if the kernel cannot be read. */
export function simdSupported(): boolean {
  try {
    kernelModule()
    return true
  } catch (error) {
    if (error instanceof EcCodecError && error.code === 'ERR_EC_NO_SIMD') return false
    throw error
  }
}

/** @internal The kernel on this memory; one instance for all codecs of a thread. */
export function kernelOn(memory: CodecMemory): Kernel {
  let kernel = instances.get(memory)
  if (kernel === undefined) {
    const module = kernelModule()
    try {
      kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Kernel
    } catch (cause) {
      throw typeError(
        'ERR_EC_INVALID_MEMORY',
        'Cannot use memory: it must be a WebAssembly.Memory made with shared: true',
        { cause },
      )
    }
    instances.set(memory, kernel)
  }
  return kernel
}

/** @internal A shared memory of at least so many bytes, which does not grow. */
export function createMemory(byteLength: number): CodecMemory {
  const pages = Math.ceil(byteLength / PAGE)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}
