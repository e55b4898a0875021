import { opendir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isGeneration } from './generation.ts'
import { generationKey } from './keys.ts'
import type { VolumeSet } from './volume-set.ts'

/**
 * Removes shard files of which no record speaks: what a crash left of writes that were never acknowledged. Runs before
 * the store takes requests, so that no file is young enough to be waiting for its record.
 *
 * @returns how many files were removed
 */
export async function sweepOrphans(set: VolumeSet): Promise<number> {
  // A shard whose record is missing on its own volume only is worth keeping: the others still speak of it.
  const known = (generation: string): boolean =>
    set.volumes.some((volume) => volume?.index.doesExist(generationKey(generation)) === true)
  const counts = await Promise.all(
    set.volumes.map(async (volume) => {
      if (volume === undefined) return 0
      let removed = 0
      for (let i = 0; i < 256; i++) {
        const directory = join(volume.directory, 'shards', i.toString(16).padStart(2, '0'))
        for await (const entry of await opendir(directory)) {
          const generation = entry.name.replace(/\.shard$/, '')
          if (!isGeneration(generation)) continue
          if (known(generation)) continue
          await rm(join(directory, entry.name), { force: true })
          removed++
        }
      }
      return removed
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
