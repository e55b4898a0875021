import { createRequire } from 'node:module'
import type { Engine, HashEngine } from './engine.ts'
import { argumentError, checkBytes } from './errors.ts'

/** The part of @napi-rs/blake-hash that is used; an optional dependency, so nothing of it may be imported. */
interface NativeModule {
  blake3(input: Uint8Array): Uint8Array
  readonly Blake3Hasher: new () => {
    update(input: Uint8Array): unknown
    digestBuffer(): Uint8Array
  }
}

/** The part of blake3-wasm that is used. */
interface PortableHash {
  update(input: Uint8Array): unknown
  digest(): Uint8Array
  dispose(): void
}

interface PortableModule {
  hash(input: Uint8Array): Uint8Array
  createHash(): PortableHash
}

const require = createRequire(import.meta.url)

/** The digest of one zero byte, from the official test_vectors.json. */
const PROBE_DIGEST = '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'

/** Loads the addon and asks it for a known digest over shared memory: one that fails in any way is not used. */
function loadNative(): NativeModule | undefined {
  try {
    const native = require('@napi-rs/blake-hash') as NativeModule
    const probe = new Uint8Array(new SharedArrayBuffer(1))
    const once = Buffer.from(native.blake3(probe)).toString('hex')
    const hasher = new native.Blake3Hasher()
    hasher.update(probe)
    const streamed = Buffer.from(hasher.digestBuffer()).toString('hex')
    return once === PROBE_DIGEST && streamed === PROBE_DIGEST ? native : undefined
  } catch {
    return undefined
  }
}

const native = loadNative()

/** @internal BLAKE3 of @napi-rs/blake-hash, where it loads. It reads shared memory in place. */
export const NATIVE_BLAKE3: HashEngine | undefined =
  native === undefined
    ? undefined
    : {
        start() {
          const hash = new native.Blake3Hasher()
          return {
            update: (bytes) => void hash.update(bytes),
            digest: () => new Uint8Array(hash.digestBuffer()),
          }
        },
        once: (bytes) => new Uint8Array(native.blake3(bytes)),
      }

let portableModule: PortableModule | undefined
function portable(): PortableModule {
  portableModule ??= require('blake3-wasm') as PortableModule
  return portableModule
}

/** blake3-wasm copies its input into its own memory, which never shrinks: pieces of this length keep it small. */
const PIECE = 262_144

/** Frees the WebAssembly state of hashers that were dropped before their digest. */
const abandoned = new FinalizationRegistry<PortableHash>((hash) => hash.dispose())

/** @internal BLAKE3 of blake3-wasm. */
export const PORTABLE_BLAKE3: HashEngine = {
  start() {
    const hash = portable().createHash()
    const state = {
      update(bytes: Uint8Array): void {
        for (let at = 0; at < bytes.length; at += PIECE) hash.update(bytes.subarray(at, at + PIECE))
      },
      digest(): Uint8Array {
        abandoned.unregister(state)
        return new Uint8Array(hash.digest())
      },
    }
    abandoned.register(state, hash, state)
    return state
  },
  once(bytes) {
    if (bytes.length <= PIECE) return new Uint8Array(portable().hash(bytes))
    const state = PORTABLE_BLAKE3.start()
    state.update(bytes)
    return state.digest()
  },
}

/** The length of a BLAKE3 digest: 32 bytes. */
export const BLAKE3_LENGTH: number = 32

/**
 * Tells which BLAKE3 `engine: 'auto'` means here: `native` where @napi-rs/blake-hash loads and gives the right digest, else
 * `portable`.
 *
 * @returns `native` or `portable`; it does not change while the process runs
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { blake3Engine, createHasher } from '@millrace/checksums'
 *
 * assert.equal(createHasher('blake3').engine, blake3Engine())
 * ```
 */
export function blake3Engine(): Engine {
  return native === undefined ? 'portable' : 'native'
}

/**
 * Writes the BLAKE3 digest of bytes into a target, in one call: what a worker does for each chunk of a shard. Input and
 * target may be views over shared memory; the native engine reads the input in place.
 *
 * @param bytes what to hash
 * @param target receives the digest in its first 32 bytes; it may be longer
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` when one of them is not a Uint8Array
 * @throws {RangeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` when the target is shorter than 32 bytes
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { blake3Into, digestOf } from '@millrace/checksums'
 *
 * const table = new Uint8Array(new SharedArrayBuffer(64))
 * blake3Into(Uint8Array.of(1, 2, 3), table.subarray(32))
 * assert.deepEqual(Uint8Array.from(table.subarray(32)), digestOf('blake3', Uint8Array.of(1, 2, 3)))
 * ```
 */
export function blake3Into(bytes: Uint8Array, target: Uint8Array): void {
  checkBytes('Bytes', bytes)
  checkBytes('Target', target)
  if (target.length < BLAKE3_LENGTH) {
    throw argumentError(RangeError, `Target must hold 32 bytes: ${target.length}`)
  }
  if (native !== undefined) target.set(native.blake3(bytes))
  else if (bytes.length <= PIECE) target.set(portable().hash(bytes))
  else target.set((PORTABLE_BLAKE3.once as (bytes: Uint8Array) => Uint8Array)(bytes))
}
