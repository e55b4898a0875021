import type { BucketRegistry } from '@millrace/object-store'
import { DEFAULT_UNIT, type Scheme } from '@millrace/ec-codec'
import type { WorkerLanes } from '@millrace/worker-lanes'
import { checkOptions, checkSlots } from './check-options.ts'
import { createGenerations } from './generation.ts'
import { createNamedLocks, createSharedLocks } from './locks.ts'
import { createQuorumIndex } from './quorum-index.ts'
import { createRegistry } from './registry.ts'
import { createShardData } from './create-shard-data.ts'
import { settleIndex } from './settle.ts'
import type { StoreContext } from './store-context.ts'
import { sweepOrphans } from './sweep.ts'
import { type VolumeWarning, openVolumeSet } from './volume-set.ts'
import type { Durability } from './volume.ts'

/** Where the volumes are and how to treat them. */
export interface ErasureStoreOptions {
  /** A directory each; `k + m` of them. Blank ones are formatted when all are blank. */
  readonly volumes: readonly string[]
  /** The threads and the slab that encode, verify and write. Its slots must hold a stripe: `(k + m) * unit` bytes. */
  readonly lanes: WorkerLanes
  /** Of a new set. An existing set keeps its own. @default 4+2 */
  readonly scheme?: Scheme
  /** Bytes of a shard chunk, of a new set. @default 256 KiB */
  readonly unit?: number
  /** @default 'strict' */
  readonly durability?: Durability
  /** Told of each volume that is missing, replaced or failing. */
  readonly onWarning?: (warning: VolumeWarning) => void
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number
}

/** What a health page shows of a volume. */
export interface VolumeStatus {
  readonly index: number
  readonly directory: string | undefined
  readonly online: boolean
}

/** n local volumes as one store of buckets. */
export interface ErasureStore extends BucketRegistry, AsyncDisposable {
  readonly scheme: Scheme
  readonly unit: number
  readonly durability: Durability
  /** True when the volumes were blank and this call formatted them. */
  readonly formatted: boolean
  volumes(): readonly VolumeStatus[]
  /**
   * Closes the volumes, once what was started has ended (commits, removals of replaced shards). Calls that come later,
   * and those under way that have not committed, reject with `UNAVAILABLE`; bodies being read go on. The lanes stay open.
   */
  close(): Promise<void>
}

/**
 * Opens local volumes as one erasure-coded store.
 *
 * @param options the volumes and the lanes that work for them
 * @returns the store: a `BucketRegistry` whose buckets are `ObjectStore`s
 * @throws {VolumeError} when the directories are not one healthy enough set, by `code`
 * @throws {TypeError | RangeError} `ERR_ERASURE_STORE_INVALID_ARGUMENT` at the call, or before anything is formatted where
 *   a stripe does not fit the slots; `ERR_EC_INVALID_SCHEME` and `ERR_EC_INVALID_GEOMETRY` at the call
 * @example Three volumes, one of which is lost
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openErasureStore } from '@millrace/erasure-store'
 * import { getText } from '@millrace/object-store'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const home = await mkdtemp(join(tmpdir(), 'volumes-'))
 * const volumes = ['a', 'b', 'c'].map((name) => join(home, name))
 * const scheme = { k: 2, m: 1 }
 * await using lanes = openWorkerLanes({ scheme, threads: 1 })
 * await using store = await openErasureStore({ volumes, scheme, lanes })
 * await store.createBucket('letters')
 * const letters = await store.openBucket('letters')
 * await letters.put('hello', [Buffer.from('still here')])
 * await rm(join(home, 'c'), { recursive: true })
 * assert.equal(await getText(letters, 'hello'), 'still here')
 * ```
 */
export function openErasureStore(options: ErasureStoreOptions): Promise<ErasureStore> {
  checkOptions(options)
  return open(options)
}

async function open(options: ErasureStoreOptions): Promise<ErasureStore> {
  await checkSlots(options)
  const { durability = 'strict', now = Date.now, lanes } = options
  const set = await openVolumeSet(options.volumes, {
    scheme: options.scheme,
    unit: options.unit ?? DEFAULT_UNIT,
    durability,
    onWarning: options.onWarning ?? (() => undefined),
  })
  const close = async (): Promise<void> => {
    await Promise.all(set.volumes.map(async (volume) => await volume?.close()))
  }
  try {
    const index = createQuorumIndex(set)
    const generations = createGenerations({ now })
    const newest = index.newestGeneration()
    if (newest !== undefined) generations.observe(newest)
    await settleIndex(set)
    await sweepOrphans(set)
    const data = createShardData(set, lanes, durability)
    const context: StoreContext = {
      index,
      data,
      generations,
      locks: createNamedLocks(),
      buckets: createSharedLocks(),
      uploads: createSharedLocks(),
      now,
    }
    let closing: Promise<void> | undefined
    const store: ErasureStore = {
      ...createRegistry(context),
      scheme: set.scheme,
      unit: set.unit,
      durability,
      formatted: set.formatted,
      volumes: () =>
        set.volumes.map((volume, place) => ({
          index: place,
          directory: volume?.directory,
          online: volume?.check() ?? false,
        })),
      close() {
        for (const volume of set.volumes) volume?.retire()
        closing ??= data.settled().then(close)
        return closing
      },
      [Symbol.asyncDispose]: () => store.close(),
    }
    return store
  } catch (error) {
    await close()
    throw error
  }
}
