import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ErasureStore, type VolumeWarning, openErasureStore } from '@millrace/erasure-store'
import { type WorkerLanes, openWorkerLanes } from '@millrace/worker-lanes'

/** A chunk small enough that a few hundred KiB make many stripes. */
export const UNIT = 8192
export const SCHEME = { k: 4, m: 2 }

export interface Fixture extends AsyncDisposable {
  readonly home: string
  readonly volumes: readonly string[]
  readonly lanes: WorkerLanes
  readonly store: ErasureStore
  readonly warnings: VolumeWarning[]
  reopen(volumes?: readonly string[]): Promise<ErasureStore>
}

/** A store on six new volumes. */
export async function openFixture(): Promise<Fixture> {
  const home = await mkdtemp(join(tmpdir(), 'erasure-store-'))
  const volumes = Array.from({ length: 6 }, (_, index) => join(home, `v${index}`))
  const lanes = openWorkerLanes({ scheme: SCHEME, unit: UNIT, threads: 1, slots: 16 })
  const warnings: VolumeWarning[] = []
  const open = (directories: readonly string[]): Promise<ErasureStore> =>
    openErasureStore({
      volumes: directories,
      scheme: SCHEME,
      unit: UNIT,
      lanes,
      // Flushes have a test of their own; here they would only take their time.
      durability: 'relaxed',
      onWarning: (warning) => warnings.push(warning),
    })
  let store = await open(volumes)
  return {
    home,
    volumes,
    lanes,
    warnings,
    get store() {
      return store
    },
    async reopen(directories = volumes) {
      await store.close()
      store = await open(directories)
      return store
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await lanes.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** All shard files of a volume. */
export async function shardFiles(volume: string): Promise<readonly string[]> {
  const names = await readdir(join(volume, 'shards'), { recursive: true })
  return names.filter((name) => name.endsWith('.shard')).map((name) => join(volume, 'shards', name))
}

/** Bytes that tell their position. */
export function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}
