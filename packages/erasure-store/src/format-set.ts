import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { formatScheme, type Scheme } from '@millrace/ec-codec'
import { VOLUME_FORMAT_VERSION, type VolumeIdentity, writeIdentity } from './volume-identity.ts'
import { type Durability, layOutVolume } from './volume.ts'

/** A directory and the volume in it. */
export type Member = readonly [directory: string, identity: VolumeIdentity]

/** Makes the directories the volumes of a new set. Interrupted, it can be done again. */
export async function formatSet(
  paths: readonly string[],
  scheme: Scheme,
  options: { readonly unit: number; readonly durability: Durability },
): Promise<readonly Member[]> {
  const { unit, durability } = options
  const setId = randomUUID()
  const members = paths.map(() => randomUUID())
  const created = new Date().toISOString()
  return await Promise.all(
    paths.map(async (path, index) => {
      const identity: VolumeIdentity = {
        format: VOLUME_FORMAT_VERSION,
        setId,
        volumeId: members[index] as string,
        index,
        members,
        scheme: formatScheme(scheme),
        unit,
        created,
      }
      // Shards are not encrypted: nobody else on the machine is to read them.
      await mkdir(path, { recursive: true, mode: 0o700 })
      await layOutVolume(path, durability)
      await writeIdentity(path, identity, durability)
      return [path, identity] as const
    }),
  )
}
