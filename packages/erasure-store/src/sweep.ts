import { opendir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isGeneration } from './generation.ts'
import { generationKey } from './keys.ts'
import type { VolumeSet } from './volume-set.ts'

/** Directories of a volume looked through at once. */
const DIRECTORIES_AT_ONCE = 16

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
      const shards = join(volume.directory, 'shards')
      const directories = await readdir(shards)
      let removed = 0
      const sweep = async (directory: string): Promise<void> => {
        for await (const entry of await opendir(join(shards, directory))) {
          const generation = entry.name.replace(/\.shard$/, '')
          if (!isGeneration(generation) || known(generation)) continue
          await rm(join(shards, directory, entry.name), { force: true })
          removed++
        }
      }
      for (let i = 0; i < directories.length; i += DIRECTORIES_AT_ONCE) {
        await Promise.all(directories.slice(i, i + DIRECTORIES_AT_ONCE).map(sweep))
      }
      return removed
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
