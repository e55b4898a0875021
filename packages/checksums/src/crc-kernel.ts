import type { CrcAlgorithm } from './algorithms.ts'
import { CRC_KERNEL_BASE64 } from './crc-kernel-bytes.ts'
import { alignedLike, instantiate, type Memory } from './web-assembly.ts'

/** A CRC's register (or its final value): up to 64 bits as two unsigned halves, so that no BigInt is made per call. */
export interface CrcRegister {
  low: number
  high: number
}

/** The exports of assembly/crc.ts. */
interface Kernel {
  readonly memory: Memory
  prepare(polynomial: bigint, top: bigint): void
  update(input: number, length: number): void
  advance(bytes: number): void
}

interface Loaded {
  readonly kernel: Kernel
  readonly state: Uint32Array
  readonly memory: Uint8Array
}

// Fixed places in the kernel's memory; assembly/crc.ts has the same STATE.
const STATE = 32_768
const INPUT = 65_536 - 8
/** Small enough to be in the second-level cache still when the kernel reads what was copied in. */
const PIECE = 65_536

/** Reflected: IEEE 802.3; RFC 3720 (Castagnoli); NVM Express NVM Command Set 1.0, 64b CRC. */
const POLYNOMIALS: Readonly<Record<CrcAlgorithm, readonly [polynomial: bigint, top: bigint]>> = {
  crc32: [0xedb88320n, 1n << 31n],
  crc32c: [0x82f63b78n, 1n << 31n],
  crc64nvme: [0x9a6c9329ac4bc9b5n, 1n << 63n],
}

const kernels = new Map<CrcAlgorithm, Loaded>()

function kernelOf(algorithm: CrcAlgorithm): Loaded {
  const known = kernels.get(algorithm)
  if (known !== undefined) return known
  const kernel = instantiate(Buffer.from(CRC_KERNEL_BASE64, 'base64')) as Kernel
  kernel.prepare(...POLYNOMIALS[algorithm])
  const { buffer } = kernel.memory
  const loaded: Loaded = {
    kernel,
    state: new Uint32Array(buffer, STATE, 2),
    memory: new Uint8Array(buffer),
  }
  kernels.set(algorithm, loaded)
  return loaded
}

function withRegister(
  { kernel, state }: Loaded,
  register: CrcRegister,
  work: (kernel: Kernel) => void,
): void {
  state[0] = register.low
  state[1] = register.high
  work(kernel)
  register.low = state[0]
  register.high = state[1]
}

/** @internal Runs bytes through a register, which is changed. */
export function crcUpdate(algorithm: CrcAlgorithm, register: CrcRegister, bytes: Uint8Array): void {
  const loaded = kernelOf(algorithm)
  withRegister(loaded, register, (kernel) => {
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE)
      const input = alignedLike(piece, INPUT)
      loaded.memory.set(piece, input)
      kernel.update(input, piece.length)
    }
  })
}

/** @internal Appends zero bytes to a CRC value (not conditioned): multiplies it by x^(8 * bytes). */
export function crcAdvance(algorithm: CrcAlgorithm, register: CrcRegister, bytes: number): void {
  withRegister(kernelOf(algorithm), register, (kernel) => kernel.advance(bytes))
}
