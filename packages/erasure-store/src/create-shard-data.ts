import { rm } from 'node:fs/promises'
import type { WorkerLanes } from '@millrace/worker-lanes'
import { createReadPins } from './locks.ts'
import { createShardReader } from './read-shards.ts'
import type { ShardData } from './shard-data.ts'
import type { VolumeSet } from './volume-set.ts'
import type { Durability } from './volume.ts'
import { createShardWriter } from './write-shards.ts'

/** Shard files on the volumes of a set. */
export function createShardData(
  set: VolumeSet,
  lanes: WorkerLanes,
  durability: Durability,
): ShardData {
  const pins = createReadPins()
  const removals = new Set<Promise<unknown>>()
  return {
    write: createShardWriter(set, lanes, durability),
    read: createShardReader(set, lanes),
    pin: (generation) => pins.pin(generation),
    discard(generation) {
      pins.whenFree(generation, () => {
        // A file that cannot be removed is no loss: no record speaks of it, and the next start removes it.
        const removal = Promise.allSettled(
          set.volumes.flatMap((volume) =>
            volume === undefined ? [] : [rm(volume.shardPath(generation), { force: true })],
          ),
        ).finally(() => removals.delete(removal))
        removals.add(removal)
      })
    },
    async settled() {
      while (removals.size > 0) await Promise.all(removals)
    },
  }
}
