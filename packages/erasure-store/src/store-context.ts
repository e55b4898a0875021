import type { Generations } from './generation.ts'
import type { NamedLocks, SharedLocks } from './locks.ts'
import type { QuorumIndex } from './quorum-index.ts'
import type { ShardData } from './shard-data.ts'

/** What all buckets of an open store share. */
export interface StoreContext {
  readonly index: QuorumIndex
  readonly data: ShardData
  readonly generations: Generations
  /** By key: commits to one key happen in turn. */
  readonly locks: NamedLocks
  /** By bucket: commits share it, deleting the bucket takes it alone. */
  readonly buckets: SharedLocks
  /** By upload id: parts share it, completing and aborting take it alone. */
  readonly uploads: SharedLocks
  readonly now: () => number
}
