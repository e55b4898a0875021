import { checkScheme, type Scheme, stripeGeometry } from '@millrace/ec-codec'
import { type LeaseStream, toLeaseStream } from '@millrace/pooled-buffers'
import type { ByteRange } from '@millrace/range-planner'
import { type ShardFile, slotSizeFor, type WorkerLanes } from '@millrace/worker-lanes'
import { outOfRange, wrongType } from './errors.ts'
import { readAhead } from './read-ahead.ts'
import { createStripeReader } from './stripe-reader.ts'

/** Stripes that are read ahead of the consumer unless told otherwise. */
export const DEFAULT_DEPTH = 4

/** A shard in a file: a worker reads, verifies and rebuilds in one hop. The descriptor stays its owner's. */
export interface FileShardSource {
  readonly fd: number
  /**
   * Where the first chunk begins.
   * @default 0
   */
  readonly dataPosition?: number
  /**
   * Where the table of checksums begins.
   * @default right after the data
   */
  readonly checksumPosition?: number
}

/** A shard anywhere else: in memory, on the network. */
export interface ReadShardSource {
  /**
   * Puts one stripe's chunk into `into`, whose length is the chunk's. Gives the bytes that were there: fewer mean that the
   * shard is missing. Must not touch `into` after it has settled, and must settle soon after the signal's abort.
   */
  read(stripe: number, into: Uint8Array, signal: AbortSignal): Promise<number> | number
  /** The 32-byte checksum of one stripe's chunk, from wherever it is kept. */
  checksum(stripe: number, signal: AbortSignal): Promise<Uint8Array> | Uint8Array
}

/** Where a shard is read. */
export type ShardSource = FileShardSource | ReadShardSource

/** A shard of a stripe that was asked for and was not right. */
export interface DegradedEvent {
  readonly stripe: number
  readonly shard: number
  /** `missing`: too short; `corrupt`: not what its checksum says; `error`: the read failed. */
  readonly state: 'missing' | 'corrupt' | 'error'
  /** With `error`: the system's name of it, such as `EIO`, or the source's error. */
  readonly cause?: unknown
}

/** Options of {@link decodeStripes}. */
export interface DecodeStripesOptions {
  readonly scheme: Scheme
  /** Bytes of the whole body. */
  readonly size: number
  /** The threads that read and verify, and with them the pool whose slots hold the stripes. */
  readonly lanes: WorkerLanes
  /** Where each of the k+m shards is read; `undefined` for one that is not there. */
  readonly shards: readonly (ShardSource | undefined)[]
  /**
   * Bytes of a shard in a full stripe.
   * @default 262144
   */
  readonly unit?: number
  /**
   * The part of the body to give.
   * @default all of it
   */
  readonly range?: ByteRange | undefined
  /**
   * Most stripes in memory ahead of the consumer. There is but one while half of the pool's slots or more are out, so that
   * streams with slow consumers leave some to the others.
   * @default DEFAULT_DEPTH
   */
  readonly depth?: number
  readonly signal?: AbortSignal | undefined
  /** Is told of each shard that was not right, so that it can be healed. Must not throw. */
  readonly onDegraded?: ((event: DegradedEvent) => void) | undefined
}

/**
 * Reads a body, or any range of it, from its shards. Every chunk is verified on every read; one that is missing or wrong
 * is rebuilt from any k others. A range reads the chunks it touches, and no more as long as they are right.
 *
 * @param options see {@link DecodeStripesOptions}
 * @returns exactly the range's bytes, a lease for each stripe, in order. Each iteration reads anew. When an iteration has
 * ended nothing is in flight any more, and the shards' descriptors may be closed
 * @throws {RangeError} {@link TypeError} `ERR_EC_DECODE_STREAM_INVALID_ARGUMENT`, `ERR_EC_INVALID_SCHEME`,
 * `ERR_EC_INVALID_GEOMETRY` at the call; iteration throws `signal.reason`, {@link DecodeStreamError}
 * `ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS` instead of wrong bytes or a short end, or a WorkerLanesError
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeStripes } from '@millrace/ec-decode-stream'
 * import { digestOf } from '@millrace/checksums'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 1, m: 1 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const copy = Uint8Array.of(1, 2, 3)
 * const inMemory = {
 *   read: (stripe: number, into: Uint8Array) => (into.set(copy), copy.length),
 *   checksum: () => digestOf('blake3', copy),
 * }
 * const body = decodeStripes({ scheme, lanes, unit: 4096, size: 3, shards: [undefined, inMemory] })
 * for await (const chunk of body) assert.deepEqual([...chunk], [1, 2, 3])
 * await lanes.close()
 * ```
 */
export function decodeStripes(options: DecodeStripesOptions): LeaseStream {
  const { lanes, shards, size, unit, depth = DEFAULT_DEPTH, signal, onDegraded } = options
  const scheme = checkScheme(options.scheme)
  const geometry = stripeGeometry({ scheme, size, ...(unit === undefined ? {} : { unit }) })
  if (typeof lanes?.decodeStripe !== 'function') {
    throw wrongType('Cannot decode without lanes: open some with openWorkerLanes({ scheme })')
  }
  const slotSize = slotSizeFor({ scheme, unit: geometry.unit })
  if (slotSize > lanes.pool.slotSize) {
    throw outOfRange(
      `Cannot put stripes into slots of ${lanes.pool.slotSize} bytes, open lanes for this scheme and unit: ${slotSize}`,
    )
  }
  if (shards.length !== scheme.k + scheme.m) {
    throw outOfRange(`Cannot read ${scheme.k + scheme.m} shards from: ${shards.length}`)
  }
  if (!Number.isInteger(depth) || depth < 1) {
    throw outOfRange(`Cannot use depth: expected a whole number of 1 or more: ${depth}`)
  }
  const range = checkRange(options.range ?? { start: 0, end: size }, size)
  const files = shards.map((shard) => fileOf(shard, geometry.shardSize))
  const sources = shards.map(sourceOf)
  const first = Math.floor(range.start / geometry.stripeData)
  const end = range.end === range.start ? first : Math.ceil(range.end / geometry.stripeData)
  return toLeaseStream(() => {
    const reader = createStripeReader({ lanes, geometry, files, sources, range, onDegraded })
    const mayReadAhead = (): boolean => lanes.pool.available * 2 > lanes.pool.slotCount
    return readAhead({ read: reader, first, end, depth, mayReadAhead, signal })
  })
}

function checkRange({ start, end }: ByteRange, size: number): ByteRange {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end)
  if (!whole || start < 0 || end < start || end > size) {
    throw outOfRange(`Cannot read a range outside ${size} bytes: ${start} to ${end}`)
  }
  return { start, end }
}

function fileOf(shard: ShardSource | undefined, shardSize: number): ShardFile | undefined {
  if (shard === undefined || !('fd' in shard)) return undefined
  const { fd, dataPosition = 0 } = shard
  return { fd, dataPosition, checksumPosition: shard.checksumPosition ?? dataPosition + shardSize }
}

function sourceOf(shard: ShardSource | undefined): ReadShardSource | undefined {
  if (shard === undefined || 'fd' in shard) return undefined
  if (typeof shard.read !== 'function' || typeof shard.checksum !== 'function') {
    throw wrongType('Cannot read a shard without fd, or read and checksum')
  }
  return shard
}
