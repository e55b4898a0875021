import { getSystemErrorName } from 'node:util'
import { type Scheme } from '@millrace/ec-codec'
import type { Slot } from '@millrace/pooled-buffers'
import { WorkerLanesError } from './errors.ts'
import type { Job } from './job-queue.ts'
import { CHECKSUM_LENGTH } from './slot-layout.ts'
import { FIELD, OPERATION, SHARD, SHARD_STATES, shardField } from './task-board.ts'

/** A shard file to write to. The descriptor stays its owner's. */
export interface ShardTarget {
  readonly fd: number
  /**
   * The same file once more, opened with `O_DIRECT`. Chunks that lie right for it (position, length and memory at
   * multiples of 4096) go through it, past the page cache; the others, and those that it refuses, through `fd`.
   * @default everything goes through `fd`
   */
  readonly directFd?: number | undefined
  /**
   * Where the file's first chunk begins.
   * @default 0
   */
  readonly dataPosition?: number
}

/** A shard file to read from. The descriptor stays its owner's. */
export interface ShardFile {
  readonly fd: number
  /** Where the file's first chunk begins. */
  readonly dataPosition: number
  /** Where its table of checksums begins: 32 bytes for each stripe. */
  readonly checksumPosition: number
}

/** A stripe to encode: its data lies at the start of its slot, zeros after it up to `k * shardLength`. */
export interface EncodeJob {
  readonly slot: Slot
  readonly scheme: Scheme
  /** Bytes of each shard, at most `unit`. */
  readonly shardLength: number
  /** Bytes of a shard in a full stripe: stripe `i` is written at `dataPosition + i * unit`. */
  readonly unit: number
  readonly stripe: number
  /** Where each shard is written; `undefined` for one that is not. */
  readonly files?: readonly (ShardTarget | undefined)[] | undefined
}

/** What came of an encoding. Parity and checksums are in the slot. */
export interface EncodeOutcome {
  /** The system's name of the error for each shard that could not be written; `undefined` when all could. */
  readonly failures: readonly (string | undefined)[] | undefined
}

/**
 * What is known of a shard in a decode job. Before: `absent` is not there, `file` can be read, `suspect` can be read but
 * is tried last, `placed` lies in the slot with its expected checksum. After: `good` is verified; `missing` (too short),
 * `corrupt` and `error` (a failed read) are not; the others were not needed.
 */
export type ShardState = (typeof SHARD_STATES)[number]

/** A stripe to decode. */
export interface DecodeJob {
  readonly slot: Slot
  readonly scheme: Scheme
  readonly shardLength: number
  readonly unit: number
  readonly stripe: number
  /** The first data shard that is wanted. */
  readonly first: number
  /** The last one that is wanted. */
  readonly last: number
  /** The state of each of the k+m shards; updated when the job is done. */
  readonly states: ShardState[]
  /** Where each shard is read; `undefined` for one that is not in a file. */
  readonly files: readonly (ShardFile | undefined)[]
}

/** What came of a decoding; the states are in the job. */
export interface DecodeOutcome {
  /** Whether the wanted shards are in the slot, verified or rebuilt. */
  readonly complete: boolean
  /** How many shards were verified. To rebuild one takes k. */
  readonly verified: number
  /** The system's name of the error for each shard whose state is `error`; `undefined` when there is none. */
  readonly failures: readonly (string | undefined)[] | undefined
}

/** @internal */
export function encodeJob(job: EncodeJob): Job<EncodeOutcome> {
  const { slot, scheme, shardLength, unit, stripe, files } = job
  const count = scheme.k + scheme.m
  return {
    describe(place) {
      describeStripe(place, OPERATION.encode, slot, scheme, shardLength)
      place[FIELD.stripe] = stripe
      for (let shard = 0; shard < count; shard++) {
        const own = shardField(shard)
        const file = files?.[shard]
        place[own + SHARD.fd] = file?.fd ?? -1
        place[own + SHARD.directFd] = file?.directFd ?? -1
        place[own + SHARD.position] = (file?.dataPosition ?? 0) + stripe * unit
        place[own + SHARD.errno] = 0
      }
    },
    outcome: (place) => ({
      failures: files === undefined ? undefined : failuresOf(place, count),
    }),
  }
}

/** @internal */
export function decodeJob(job: DecodeJob): Job<DecodeOutcome> {
  const { slot, scheme, shardLength, unit, stripe, first, last, states, files } = job
  const count = scheme.k + scheme.m
  return {
    describe(place) {
      describeStripe(place, OPERATION.decode, slot, scheme, shardLength)
      place[FIELD.first] = first
      place[FIELD.last] = last
      for (let shard = 0; shard < count; shard++) {
        const own = shardField(shard)
        const file = files[shard]
        place[own + SHARD.state] = SHARD_STATES.indexOf(states[shard] ?? 'absent')
        place[own + SHARD.fd] = file?.fd ?? -1
        place[own + SHARD.position] = (file?.dataPosition ?? 0) + stripe * unit
        place[own + SHARD.checksumPosition] =
          (file?.checksumPosition ?? 0) + stripe * CHECKSUM_LENGTH
        place[own + SHARD.errno] = 0
      }
    },
    outcome(place) {
      for (let shard = 0; shard < count; shard++) {
        states[shard] = SHARD_STATES[place[shardField(shard) + SHARD.state] as number] as ShardState
      }
      const verified = place[FIELD.result] as number
      let complete = verified >= scheme.k
      if (!complete) {
        complete = true
        for (let shard = first; shard <= last; shard++) complete &&= states[shard] === 'good'
      }
      return { complete, verified, failures: failuresOf(place, count) }
    },
  }
}

/** A positioned write or read of bytes in a slot. */
export interface IoJob {
  readonly fd: number
  readonly slot: Slot
  /**
   * Where in the slot the bytes begin.
   * @default 0
   */
  readonly offset?: number
  /** Bytes to move. */
  readonly length: number
  /** Where in the file they begin. */
  readonly position: number
}

/** @internal */
export function ioJob(operation: 'write' | 'read', job: IoJob): Job<number> {
  return {
    describe(place) {
      place[FIELD.operation] = OPERATION[operation]
      place[FIELD.slot] = job.slot.byteOffset + (job.offset ?? 0)
      place[FIELD.fd] = job.fd
      place[FIELD.length] = job.length
      place[FIELD.position] = job.position
      place[FIELD.errno] = 0
    },
    outcome(place) {
      const errno = place[FIELD.errno] as number
      if (errno === 0) return place[FIELD.result] as number
      const code = getSystemErrorName(errno)
      const cause = Object.assign(new Error(`${code}: ${operation} failed`), { code, errno })
      throw new WorkerLanesError(
        'ERR_WORKER_LANES_IO_FAILED',
        `Cannot ${operation} ${job.length} bytes at ${job.position}: ${code}`,
        { cause },
      )
    },
  }
}

function describeStripe(
  place: Float64Array,
  operation: number,
  slot: Slot,
  { k, m }: Scheme,
  shardLength: number,
): void {
  place[FIELD.operation] = operation
  place[FIELD.slot] = slot.byteOffset
  place[FIELD.slotLength] = slot.byteLength
  place[FIELD.k] = k
  place[FIELD.m] = m
  place[FIELD.shardLength] = shardLength
}

function failuresOf(
  place: Float64Array,
  count: number,
): readonly (string | undefined)[] | undefined {
  let failures: (string | undefined)[] | undefined
  for (let shard = 0; shard < count; shard++) {
    const errno = place[shardField(shard) + SHARD.errno] as number
    if (errno === 0) continue
    failures ??= Array.from({ length: count })
    failures[shard] = getSystemErrorName(errno)
  }
  return failures
}
