import { ObjectStoreError } from '@millrace/object-store'
import type { Generation } from './generation.ts'
import { IndexFullError, transact } from './index-transaction.ts'
import { afterPrefix, generationKey, logicalOf, physicalKey, versionsRange } from './keys.ts'
import { type Merged, mergeRanges } from './merge-ranges.ts'
import { decodeRecord, encodeRecord } from './record-codec.ts'
import { type StoredRecord, dataOf } from './records.ts'
import type { VolumeSet } from './volume-set.ts'
import type { Volume } from './volume.ts'

/** A record and its logical key: to be written, or to be removed. */
export interface Write {
  readonly logical: Uint8Array
  readonly record: StoredRecord
}

/** A record that counts. */
export interface Entry extends Write {
  /** Volumes that hold this generation's record. */
  readonly holders: readonly Volume[]
}

/** Records that a scan reads at once, at first and at most: between two helpings no read transaction is open. */
const FIRST_PAGE = 8
const LARGEST_PAGE = 256

/**
 * The volumes' indexes as one. Each logical key has generations; the newest one that a write quorum may have committed
 * counts. A read that cannot see enough volumes to know is refused as `UNAVAILABLE`, never answered from the past.
 */
export interface QuorumIndex {
  /** The newest committed record; `undefined` where there is none or it is a tombstone. */
  get(logical: Uint8Array): Entry | undefined
  /** Newest committed records of all logical keys that start with `prefix` and come at or after `from`, in order. */
  scan(prefix: Uint8Array, from?: Uint8Array): Generator<Entry, void, undefined>
  /**
   * Writes all the records in one transaction a volume, on these volumes; resolves when a write quorum has them on
   * disk. Below quorum it takes them back and throws `UNAVAILABLE`, or `NO_SPACE` where the volumes are full.
   */
  commit(writes: readonly Write[], volumes?: readonly Volume[]): Promise<readonly Volume[]>
  /** Removes generations that a newer committed one has replaced. Best effort: what stays is hidden by the newer one. */
  forget(entries: readonly Write[]): Promise<void>
  /** Hides logical keys: tombstones on a write quorum, then the old records go and, where all took them, the tombstones. */
  bury(old: readonly Write[], generation: Generation): Promise<void>
  /** True when these are all volumes of the set: then no other one can come back with something older. */
  isEverywhere(volumes: readonly Volume[]): boolean
  /** The greatest generation in any index: later ones go on from it. */
  newestGeneration(): Generation | undefined
}

/**
 * A generation that is seen on fewer of the set's volumes than this cannot have been committed.
 *
 * @param seen volumes that were looked at
 */
export function acceptanceThreshold(set: VolumeSet, seen: number): number {
  return Math.max(1, set.writeQuorum - (set.volumes.length - seen))
}

/** The record in the first undamaged copy. All of them damaged is damage to tell, not an older answer. */
export function recordOf({ copies }: Merged): StoredRecord {
  for (const { value } of copies) {
    const record = decodeRecord(value)
    if (record !== undefined) return record
  }
  throw new ObjectStoreError('CORRUPT', 'Every copy of a record is damaged')
}

/** Removes a record from one volume, and the generations that it alone answers for there. */
export async function removeRecords(volume: Volume, entries: readonly Write[]): Promise<void> {
  const keys = entries.flatMap(({ logical, record }) => {
    const key = physicalKey(logical, record.generation)
    const owned = [record.generation, ...dataOf(record)].map((one) => generationKey(one))
    return [key, ...owned.filter((one) => volume.index.get(one)?.equals(key) === true)]
  })
  await transact(volume, ({ remove }) => {
    for (const key of keys) remove(key)
  })
}

export function createQuorumIndex(set: VolumeSet): QuorumIndex {
  const total = set.volumes.length
  const readQuorum = total - set.writeQuorum + 1

  const online = (): readonly Volume[] =>
    set.volumes.filter((volume): volume is Volume => volume?.online === true)

  const readable = (): readonly Volume[] => {
    const volumes = online()
    if (volumes.length < readQuorum) {
      throw new ObjectStoreError(
        'UNAVAILABLE',
        `Cannot read: ${volumes.length} of ${total} volumes are online and ${readQuorum} are needed`,
      )
    }
    return volumes
  }

  const accept = function* (start: Uint8Array, end: Uint8Array): Generator<Entry, void, undefined> {
    const volumes = readable()
    const minimum = acceptanceThreshold(set, volumes.length)
    let settled: Uint8Array | undefined
    for (const merged of mergeRanges(volumes, start, end)) {
      // A damaged copy counts: its volume has taken part in the commit.
      if (merged.copies.length < minimum) continue
      const logical = logicalOf(merged.key)
      if (settled !== undefined && Buffer.compare(settled, logical) === 0) continue
      settled = Buffer.from(logical)
      const record = recordOf(merged)
      const holders = merged.copies.map(({ volume }) => volume)
      if (record.kind !== 'tombstone') yield { logical: settled, record, holders }
    }
  }

  /** What removing leaves undone is hidden by a newer record; but a volume that cannot remove is out of order. */
  const removeFrom = async (
    volumes: readonly Volume[],
    entries: readonly Write[],
  ): Promise<void> => {
    await Promise.all(
      volumes.map(async (volume) => {
        try {
          await removeRecords(volume, entries)
        } catch (error) {
          if (!(error instanceof IndexFullError)) {
            volume.fail(`Writing its index failed: ${String(error)}`)
          }
        }
      }),
    )
  }

  const commit = async (
    writes: readonly Write[],
    candidates: readonly Volume[] = online(),
  ): Promise<readonly Volume[]> => {
    const pairs = writes.map(({ logical, record }) => ({
      key: physicalKey(logical, record.generation),
      value: encodeRecord(record),
      owned: dataOf(record).map((generation) => generationKey(generation)),
    }))
    const [first] = writes
    const [main] = pairs
    if (first === undefined || main === undefined) return candidates
    const generation = generationKey(first.record.generation)
    const undo = new Map<Volume, readonly (readonly [Buffer, Buffer | undefined])[]>()
    const outcomes = await Promise.allSettled(
      candidates.map(async (volume) => {
        if (!volume.check()) throw new Error(`${volume.directory} is offline`)
        undo.set(
          volume,
          pairs.flatMap(({ owned }) => owned.map((one) => [one, volume.index.get(one)] as const)),
        )
        await transact(volume, ({ put }) => {
          put(generation, main.key)
          for (const { key, value, owned } of pairs) {
            put(key, value)
            for (const other of owned) put(other, key)
          }
        })
        return volume
      }),
    )
    const done: Volume[] = []
    const full: Volume[] = []
    const causes: unknown[] = []
    for (const [position, outcome] of outcomes.entries()) {
      const volume = candidates[position] as Volume
      if (outcome.status === 'fulfilled') {
        done.push(volume)
        continue
      }
      causes.push(outcome.reason)
      if (outcome.reason instanceof IndexFullError) full.push(volume)
      else volume.fail(`Writing its index failed: ${String(outcome.reason)}`)
    }
    if (done.length >= set.writeQuorum) return done
    await Promise.all(
      [...done, ...full].map(async (volume) => {
        try {
          await transact(volume, ({ put, remove }) => {
            remove(generation)
            for (const { key } of pairs) remove(key)
            for (const [owned, before] of undo.get(volume) ?? []) {
              if (before === undefined) remove(owned)
              else put(owned, before)
            }
          })
        } catch (error) {
          if (full.includes(volume)) return
          volume.fail(`Taking a record back from its index failed: ${String(error)}`)
        }
      }),
    )
    const count = `${done.length} of ${total} volumes took the record and ${set.writeQuorum} are needed`
    const options = causes.length > 0 ? { cause: new AggregateError(causes) } : {}
    throw done.length + full.length >= set.writeQuorum
      ? new ObjectStoreError('NO_SPACE', `Cannot commit, volumes are full: ${count}`, options)
      : new ObjectStoreError('UNAVAILABLE', `Cannot commit: ${count}`, options)
  }

  return {
    commit,
    newestGeneration() {
      let newest: Generation | undefined
      for (const volume of online()) {
        const range = { start: Buffer.from('h'), end: Buffer.from('g'), reverse: true, limit: 1 }
        for (const key of volume.index.getKeys(range)) {
          const generation = key.toString('hex', 1)
          if (newest === undefined || generation > newest) newest = generation
        }
      }
      return newest
    },
    get(logical) {
      const { start, end } = versionsRange(logical)
      for (const entry of accept(start, end)) return entry
      return undefined
    },
    *scan(prefix, from) {
      const end = afterPrefix(prefix)
      let start = from !== undefined && Buffer.compare(from, prefix) > 0 ? from : prefix
      for (let size = FIRST_PAGE; ; size = Math.min(size * 2, LARGEST_PAGE)) {
        const page: Entry[] = []
        for (const entry of accept(start, end)) {
          page.push(entry)
          if (page.length === size) break
        }
        yield* page
        const last = page.at(-1)
        if (last === undefined || page.length < size) return
        start = versionsRange(last.logical).end
      }
    },
    async forget(entries) {
      await removeFrom(online(), entries)
    },
    isEverywhere: (volumes) => volumes.length === total,
    async bury(old, generation) {
      const record: StoredRecord = { kind: 'tombstone', generation }
      const tombstones = old.map(({ logical }) => ({ logical, record }))
      const done = await commit(tombstones)
      // While a volume is away it may come back with the old record: the tombstones must outlive it.
      await removeFrom(done, done.length === total ? [...old, ...tombstones] : old)
    },
  }
}
