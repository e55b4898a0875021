import type { CrcAlgorithm } from './algorithms.ts'
import { CRC_KERNEL_BASE64 } from './crc-kernel-bytes.ts'
import { instantiate, type Memory } from './web-assembly.ts'

/** A CRC's register (or its final value): up to 64 bits as two unsigned halves, so that no BigInt is made per call. */
export interface CrcRegister {
  low: number
  high: number
}

interface Kernel {
  readonly memory: Memory
  prepare(table: number, polynomial: bigint, top: bigint): void
  update(table: number, length: number): void
  advance(table: number, bytes: number): void
}

// Fixed places in the kernel's memory; assembly/crc.ts has the same.
const TABLE: Readonly<Record<CrcAlgorithm, number>> = {
  crc32: 0,
  crc32c: 32_768,
  crc64nvme: 65_536,
}
const STATE = 98_304
const INPUT = 131_072
/** Small enough to be in the second-level cache still when the kernel reads what was copied in. */
const PIECE = 65_536

interface Loaded {
  readonly kernel: Kernel
  readonly state: Uint32Array
  readonly input: Uint8Array
}

let loaded: Loaded | undefined

function load(): Loaded {
  const kernel = instantiate(Buffer.from(CRC_KERNEL_BASE64, 'base64')) as Kernel
  // Reflected polynomials: IEEE 802.3; RFC 3720 (Castagnoli); NVM Express NVM Command Set 1.0, figure 120.
  kernel.prepare(TABLE.crc32, 0xedb88320n, 1n << 31n)
  kernel.prepare(TABLE.crc32c, 0x82f63b78n, 1n << 31n)
  kernel.prepare(TABLE.crc64nvme, 0x9a6c9329ac4bc9b5n, 1n << 63n)
  return {
    kernel,
    state: new Uint32Array(kernel.memory.buffer, STATE, 2),
    input: new Uint8Array(kernel.memory.buffer, INPUT, PIECE),
  }
}

/** @internal Runs bytes through a register, which is changed. */
export function crcUpdate(algorithm: CrcAlgorithm, register: CrcRegister, bytes: Uint8Array): void {
  loaded ??= load()
  const { kernel, state, input } = loaded
  state[0] = register.low
  state[1] = register.high
  for (let at = 0; at < bytes.length; at += PIECE) {
    const length = Math.min(PIECE, bytes.length - at)
    input.set(length === bytes.length ? bytes : bytes.subarray(at, at + length))
    kernel.update(TABLE[algorithm], length)
  }
  register.low = state[0]
  register.high = state[1]
}

/** @internal Appends zero bytes to a CRC value (not conditioned): multiplies it by x^(8 * bytes). */
export function crcAdvance(algorithm: CrcAlgorithm, register: CrcRegister, bytes: number): void {
  loaded ??= load()
  const { kernel, state } = loaded
  state[0] = register.low
  state[1] = register.high
  kernel.advance(TABLE[algorithm], bytes)
  register.low = state[0]
  register.high = state[1]
}
