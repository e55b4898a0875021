import type { BucketRegistry } from '@millrace/object-store'
import { DEFAULT_UNIT, type Scheme } from '@millrace/ec-codec'
import type { WorkerLanes } from '@millrace/worker-lanes'
import { createGenerations } from './generation.ts'
import { createNamedLocks, createSharedLocks } from './locks.ts'
import { createQuorumIndex } from './quorum-index.ts'
import { createRegistry } from './registry.ts'
import { createShardData } from './create-shard-data.ts'
import type { StoreContext } from './store-context.ts'
import { sweepOrphans } from './sweep.ts'
import { type VolumeWarning, openVolumeSet } from './volume-set.ts'
import type { Durability } from './volume.ts'

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
  /** Waits for what was started (removals of replaced shards) and closes the volumes. The lanes stay open. */
  close(): Promise<void>
}

/**
 * Opens local volumes as one erasure-coded store.
 *
 * @param options the volumes and the lanes that work for them
 * @returns the store: a `BucketRegistry` whose buckets are `ObjectStore`s
 * @throws {VolumeError} when the directories are not one healthy enough set, by `code`
 */
export async function openErasureStore(options: ErasureStoreOptions): Promise<ErasureStore> {
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
    const stripe = (set.scheme.k + set.scheme.m) * set.unit
    if (lanes.pool.slotSize < stripe) {
      throw new RangeError(
        `Cannot work with slots of ${lanes.pool.slotSize} bytes: a stripe takes ${stripe}`,
      )
    }
    const index = createQuorumIndex(set)
    const generations = createGenerations({ now })
    const newest = index.newestGeneration()
    if (newest !== undefined) generations.observe(newest)
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
