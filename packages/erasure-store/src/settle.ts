import {
  generationKey,
  logicalKey,
  logicalOf,
  objectKey,
  partsOfLogical,
  physicalKey,
} from './keys.ts'
import { type Merged, mergeRanges } from './merge-ranges.ts'
import { acceptanceThreshold, recordOf, removeRecords, type Write } from './quorum-index.ts'
import { IndexFullError, transact } from './index-transaction.ts'
import { decodeRecord } from './record-codec.ts'
import { dataOf } from './records.ts'
import type { VolumeSet } from './volume-set.ts'
import type { Volume } from './volume.ts'

/** Physical keys looked at between two writes. */
const PAGE = 1000
/** Objects before the lists and parts that live by them, uploads before parts. */
const KINDS = ['bucket', 'document', 'object', 'upload', 'parts', 'part'] as const

/**
 * Finishes what a crash interrupted, before the store takes requests. Of each logical key the newest generation that may
 * be committed is brought to every volume that is here, so that it stays what it is whichever volumes are here next time;
 * what cannot have been committed, and what a committed one replaced, goes. Nothing happens below the write quorum, and
 * a full volume puts it off to a later start: what is left is hidden, as it was.
 */
export async function settleIndex(set: VolumeSet): Promise<void> {
  try {
    await settle(set)
  } catch (error) {
    if (!(error instanceof IndexFullError)) throw error
  }
}

async function settle(set: VolumeSet): Promise<void> {
  const volumes = set.volumes.filter((volume): volume is Volume => volume?.online === true)
  if (volumes.length < set.writeQuorum) return
  const minimum = acceptanceThreshold(set, volumes.length)
  const everywhere = volumes.length === set.volumes.length

  const alive = (logical: Uint8Array): boolean => {
    const [bucket = '', key = '', id = ''] = partsOfLogical(logical)
    const kind = logical[0]
    if (kind === PART_LIST) {
      const object = physicalKey(objectKey(bucket, key), id)
      return volumes.some((volume) => volume.index.doesExist(object))
    }
    if (kind === PART) {
      const upload = physicalKey(logicalKey('upload', bucket, key, id), id)
      return volumes.some((volume) => volume.index.doesExist(upload))
    }
    return true
  }

  for (const kind of KINDS) {
    const end = Buffer.concat([logicalKey(kind), Buffer.of(1)])
    let start: Uint8Array = Buffer.concat([logicalKey(kind), Buffer.of(0)])
    for (;;) {
      const removals = new Map<Volume, Write[]>()
      const tombstones = new Map<Volume, Write[]>()
      const additions: Merged[] = []
      const drop = (from: Map<Volume, Write[]>, { key, copies }: Merged): void => {
        for (const { volume, value } of copies) {
          const record = decodeRecord(value)
          const logical = logicalOf(key)
          const list = from.get(volume) ?? []
          // A damaged copy has only its own generation to be removed by.
          const generation = Buffer.from(key.subarray(-16).map((byte) => ~byte)).toString('hex')
          list.push({ logical, record: record ?? { kind: 'tombstone', generation } })
          from.set(volume, list)
        }
      }
      let settled: Buffer | undefined
      let looked = 0
      let next: Uint8Array | undefined
      for (const merged of mergeRanges(volumes, start, end)) {
        const logical = Buffer.from(logicalOf(merged.key))
        const same = settled?.equals(logical) === true
        if (++looked > PAGE && !same) {
          next = merged.key
          break
        }
        if (same || merged.copies.length < minimum || !alive(logical)) {
          drop(removals, merged)
          continue
        }
        settled = logical
        const tombstone = recordOf(merged).kind === 'tombstone'
        if (tombstone && everywhere) drop(tombstones, merged)
        else additions.push(merged)
      }
      await complete(volumes, additions)
      await remove(removals)
      // Only when nothing older is left on any volume.
      await remove(tombstones)
      if (next === undefined) break
      start = next
    }
  }
}

const [PART_LIST, PART] = [logicalKey('parts')[0], logicalKey('part')[0]]

async function remove(removals: ReadonlyMap<Volume, readonly Write[]>): Promise<void> {
  await Promise.all([...removals].map(([volume, entries]) => removeRecords(volume, entries)))
}

/** Puts records, and the keys of the generations that they answer for, where they are missing. */
async function complete(volumes: readonly Volume[], records: readonly Merged[]): Promise<void> {
  const wanted = records.map((merged) => {
    const record = recordOf(merged)
    const generations = [record.generation, ...dataOf(record)].map((one) => generationKey(one))
    const undamaged = merged.copies.find(({ value }) => decodeRecord(value) !== undefined)
    return { key: merged.key, value: undamaged?.value as Uint8Array, generations }
  })
  await Promise.all(
    volumes.map(async (volume) => {
      const missing = wanted.flatMap(({ key, value, generations }) => [
        ...(volume.index.doesExist(key as Buffer) ? [] : [[key, value] as const]),
        ...generations
          .filter((generation) => !volume.index.doesExist(generation))
          .map((generation) => [generation, key] as const),
      ])
      if (missing.length === 0) return
      await transact(volume, ({ put }) => {
        for (const [key, value] of missing) put(key, value)
      })
    }),
  )
}
