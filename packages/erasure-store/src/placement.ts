import type { Generation } from './generation.ts'
import type { VolumeSet } from './volume-set.ts'
import type { Volume } from './volume.ts'

/** By how many places a generation's shards are shifted, so that parity is not always on the same volumes. */
export function rotationOf(generation: Generation, total: number): number {
  return Number.parseInt(generation.slice(18, 26), 16) % total
}

/** The volume of a shard; `undefined` where it is missing. */
export function volumeOfShard(set: VolumeSet, shard: number, rotation: number): Volume | undefined {
  return set.volumes[(shard + rotation) % set.volumes.length]
}
