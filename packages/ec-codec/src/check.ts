import type { Shards } from './engine.ts'
import { rangeError, typeError } from './errors.ts'
import type { CodecMemory, Region } from './kernel.ts'
import type { Scheme } from './scheme.ts'
import { SCRATCH_BYTES } from './simd-engine.ts'

/** @internal Memory, if any, that threads can have together. */
export function checkMemory(memory: CodecMemory | undefined): void {
  if (memory === undefined || memory?.buffer instanceof SharedArrayBuffer) return
  throw typeError(
    'ERR_EC_INVALID_MEMORY',
    'Cannot use memory: it must be a WebAssembly.Memory made with shared: true',
  )
}

/** @internal Where the scratch region starts. */
export function checkScratch(memory: CodecMemory, scratch: Region | undefined): number {
  if (scratch === undefined) {
    throw typeError(
      'ERR_EC_INVALID_SCRATCH',
      `Cannot work on memory without scratch: give ${SCRATCH_BYTES} bytes of it that no other thread uses`,
    )
  }
  const { byteOffset, byteLength } = scratch
  if (
    !isLength(byteOffset) ||
    !isLength(byteLength) ||
    byteLength < SCRATCH_BYTES ||
    byteOffset + byteLength > sizeOf(memory)
  ) {
    throw rangeError(
      'ERR_EC_INVALID_SCRATCH',
      `Cannot use scratch of ${byteLength} bytes at ${byteOffset}: it takes ${SCRATCH_BYTES} inside the memory's ${sizeOf(memory)}`,
    )
  }
  return byteOffset
}

/** @internal Shards given as views. */
export function checkShards(
  shards: readonly Uint8Array[],
  count: number,
  memory: CodecMemory | undefined,
  scratch: Region | undefined,
): Shards {
  if (!Array.isArray(shards) || shards.length !== count) {
    throw typeError(
      'ERR_EC_INVALID_SHARDS',
      `Cannot take shards: an array of ${count} is needed, data first, then parity`,
    )
  }
  const length = shards[0]?.length ?? 0
  const starts: number[] = []
  for (let index = 0; index < count; index++) {
    const shard: unknown = shards[index]
    if (!(shard instanceof Uint8Array)) {
      throw typeError(
        'ERR_EC_INVALID_SHARDS',
        `Cannot take shard ${index}: it is not a Uint8Array. A lost shard needs one too, to be rebuilt in`,
      )
    }
    if (shard.length !== length) {
      throw rangeError(
        'ERR_EC_UNEQUAL_SHARDS',
        `Cannot code shards of unequal lengths: shard ${index} has ${shard.length} bytes, shard 0 has ${length}`,
      )
    }
    const start = shard.byteOffset
    if (memory !== undefined) {
      if (shard.buffer !== memory.buffer) {
        throw rangeError(
          'ERR_EC_OUTSIDE_MEMORY',
          `Cannot take shard ${index}: it is not a view of the codec's memory. Make a codec without memory for such shards`,
        )
      }
      clearOfScratch(scratch, index, start, length)
    }
    for (let other = 0; other < index; other++) {
      if (Math.abs((starts[other] as number) - start) >= length) continue
      if (shards[other]?.buffer === shard.buffer) throw overlapping(other, index)
    }
    starts.push(start)
  }
  return {
    length,
    address: (index) => starts[index] as number,
    view: (index) => shards[index] as Uint8Array,
  }
}

/** A shard that is written while another of the same bytes is read would give wrong bytes without a word. */
function overlapping(other: number, index: number): RangeError {
  return rangeError(
    'ERR_EC_OVERLAPPING_SHARDS',
    `Cannot take shards that overlap: ${other} and ${index}. Give each its own bytes`,
  )
}

/** @internal Shards given as a place in memory. */
export function checkRegion(
  memory: CodecMemory | undefined,
  scratch: Region | undefined,
  count: number,
  byteOffset: number,
  length: number,
  stride: number = length,
): Shards {
  if (memory === undefined) {
    throw typeError(
      'ERR_EC_INVALID_MEMORY',
      'Cannot work on a place in memory: the codec was made without one. Give shards as views',
    )
  }
  if (!isLength(byteOffset) || !isLength(length) || !isLength(stride) || stride < length) {
    throw rangeError(
      'ERR_EC_INVALID_SHARDS',
      `Cannot take shards of ${length} bytes at ${byteOffset} every ${stride}: take whole numbers of 0 or more, and a stride of a shard's length or more`,
    )
  }
  const span = (count - 1) * stride + length
  if (byteOffset + span > sizeOf(memory)) {
    throw rangeError(
      'ERR_EC_OUTSIDE_MEMORY',
      `Cannot take shards: bytes ${byteOffset} to ${byteOffset + span} are not inside the memory's ${sizeOf(memory)}`,
    )
  }
  for (let index = 0; index < count; index++) {
    clearOfScratch(scratch, index, byteOffset + index * stride, length)
  }
  return {
    length,
    address: (index) => byteOffset + index * stride,
    view: (index) => new Uint8Array(memory.buffer, byteOffset + index * stride, length),
  }
}

/** @internal Which shards are missing, and which of these are wanted. */
export function checkIndices(
  { k, m }: Scheme,
  missing: readonly number[],
  wanted: readonly number[],
): void {
  if (!Array.isArray(missing) || !Array.isArray(wanted)) {
    throw typeError(
      'ERR_EC_INVALID_INDEX',
      'Cannot take missing or wanted shards: give arrays of indices',
    )
  }
  const seen = new Set<number>()
  for (const index of missing) {
    if (!Number.isInteger(index) || index < 0 || index >= k + m || seen.has(index)) {
      throw rangeError(
        'ERR_EC_INVALID_INDEX',
        `Cannot take shard ${index} as missing: give each index from 0 to ${k + m - 1} at most once`,
      )
    }
    seen.add(index)
  }
  if (seen.size > m) {
    throw rangeError(
      'ERR_EC_TOO_MANY_MISSING',
      `Cannot rebuild ${seen.size} shards: ${k}+${m} survives the loss of ${m}`,
    )
  }
  for (const index of wanted) {
    if (wanted !== missing && !seen.delete(index)) {
      throw rangeError(
        'ERR_EC_INVALID_INDEX',
        `Cannot rebuild shard ${index}: wanted shards must be among the missing, each at most once`,
      )
    }
  }
}

/** The kernel's tables lie in the scratch: a shard there would be coded with itself as table. */
function clearOfScratch(
  scratch: Region | undefined,
  index: number,
  byteOffset: number,
  length: number,
): void {
  if (scratch === undefined) return
  if (
    byteOffset < scratch.byteOffset + scratch.byteLength &&
    byteOffset + length > scratch.byteOffset
  ) {
    throw rangeError(
      'ERR_EC_OUTSIDE_MEMORY',
      `Cannot take shard ${index}: its bytes ${byteOffset} to ${byteOffset + length} lie in the codec's scratch`,
    )
  }
}

function sizeOf(memory: CodecMemory): number {
  return memory.buffer.byteLength
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
