import { MAX_SHARDS } from '@millrace/ec-codec'

/**
 * @internal The board: a small shared memory on which the main thread writes what a job is about and a worker what came
 * of it, so that the message that crosses is one number, the place on the board, and nothing is cloned.
 */

/** Fields at the start of a place; each is a double, which holds any file position. */
export const FIELD = {
  operation: 0,
  status: 1,
  slot: 2,
  slotLength: 3,
  k: 4,
  m: 5,
  shardLength: 6,
  first: 7,
  last: 8,
  fd: 9,
  position: 10,
  length: 11,
  /** What came of it: bytes read, or shards verified. */
  result: 12,
  stream: 13,
  sequence: 14,
  algorithms: 15,
  errno: 16,
  stripe: 17,
} as const

const HEADER = 20

/** Fields of one shard, after the header. */
export const SHARD = {
  state: 0,
  fd: 1,
  position: 2,
  checksumPosition: 3,
  errno: 4,
  directFd: 5,
} as const

const SHARD_FIELDS = 6
/** Doubles in one place. */
export const PLACE_LENGTH: number = HEADER + MAX_SHARDS * SHARD_FIELDS

export const OPERATION = { encode: 1, decode: 2, write: 3, read: 4 } as const
export const HASH_OPERATION = { open: 1, update: 2, digest: 3, close: 4 } as const

/** A place's status; `waiting` is written before the job is sent. */
export const STATUS = { waiting: 0, running: 1, done: 2, failed: 3, trapped: 4 } as const

/** The states of a shard in a decode job, by their place in this list. */
export const SHARD_STATES = [
  'absent',
  'file',
  'suspect',
  'placed',
  'good',
  'missing',
  'corrupt',
  'error',
] as const

/** Where a shard's fields begin in a place. */
export function shardField(shard: number): number {
  return HEADER + shard * SHARD_FIELDS
}

/** Counters shared by the workers of one pool. */
export const COUNTER = { views: 0, hops: 1 } as const
const COUNTERS = 2

/** What a worker is started with. */
export interface Board {
  readonly places: SharedArrayBuffer
  /** Counters, then the thread ids that hold a part of the slab's reserved region, 0 for a free one. */
  readonly counters: SharedArrayBuffer
  readonly owners: SharedArrayBuffer
}

export function createBoard(places: number, owners: number): Board {
  return {
    places: new SharedArrayBuffer(places * PLACE_LENGTH * 8),
    counters: new SharedArrayBuffer(COUNTERS * 4),
    owners: new SharedArrayBuffer(owners * 4),
  }
}

/** The places of a board as arrays of doubles, made once. */
export function placesOf(board: Board): readonly Float64Array[] {
  const count = board.places.byteLength / (PLACE_LENGTH * 8)
  return Array.from(
    { length: count },
    (_, index) => new Float64Array(board.places, index * PLACE_LENGTH * 8, PLACE_LENGTH),
  )
}
