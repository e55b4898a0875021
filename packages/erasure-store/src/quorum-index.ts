import { ObjectStoreError } from '@millrace/object-store'
import type { Generation } from './generation.ts'
import { afterPrefix, generationKey, logicalOf, physicalKey, versionsRange } from './keys.ts'
import { decodeRecord, encodeRecord } from './record-codec.ts'
import type { StoredRecord } from './records.ts'
import type { VolumeSet } from './volume-set.ts'
import type { Volume } from './volume.ts'

/** A record and where it stands. */
export interface Entry {
  readonly logical: Uint8Array
  readonly record: StoredRecord
  /** Volumes that hold this generation's record. */
  readonly holders: readonly Volume[]
}

/** A record to write under a logical key. */
export interface Write {
  readonly logical: Uint8Array
  readonly record: StoredRecord
  /** Generations of data that this record now answers for, beside its own. */
  readonly owns?: readonly Generation[]
}

/** A generation to remove from the index. */
export interface Forgotten {
  readonly logical: Uint8Array
  readonly generation: Generation
  /** Generations of data that go with it. Left out: its own. */
  readonly owns?: readonly Generation[]
}

/** An entry as what is to be removed. */
export function forgettable(entry: Entry): Forgotten {
  return { logical: entry.logical, generation: entry.record.generation }
}

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
   * disk. Below quorum it takes them back and throws `UNAVAILABLE`.
   */
  commit(writes: readonly Write[], volumes?: readonly Volume[]): Promise<readonly Volume[]>
  /** Removes generations that a newer committed one has replaced. Best effort: what stays is hidden by the newer one. */
  forget(entries: readonly Forgotten[]): Promise<void>
  /** Hides logical keys: tombstones on a write quorum, then the old records go and, where all took them, the tombstones. */
  bury(old: readonly Forgotten[], generation: Generation): Promise<void>
  /** True when these are all volumes of the set: then no other one can come back with something older. */
  isEverywhere(volumes: readonly Volume[]): boolean
  /** The greatest generation in any index: later ones go on from it. */
  newestGeneration(): Generation | undefined
  /** Volumes in use now. */
  online(): readonly Volume[]
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

  /** A generation seen on fewer volumes than this cannot have been committed. */
  const threshold = (seen: number): number => Math.max(1, set.writeQuorum - (total - seen))

  /** Of one physical key's copies: the first undamaged record, and how many volumes have it. */
  const gather = (
    copies: readonly { volume: Volume; value: Uint8Array }[],
  ): { record: StoredRecord; holders: Volume[] } | undefined => {
    let record: StoredRecord | undefined
    const holders: Volume[] = []
    let reference: Uint8Array | undefined
    for (const { volume, value } of copies) {
      if (reference !== undefined && Buffer.compare(reference, value) === 0) {
        holders.push(volume)
        continue
      }
      const decoded = decodeRecord(value)
      if (decoded === undefined) continue
      holders.push(volume)
      record ??= decoded
      reference ??= value
    }
    return record === undefined ? undefined : { record, holders }
  }

  const accept = function* (
    volumes: readonly Volume[],
    start: Uint8Array,
    end: Uint8Array,
  ): Generator<Entry, void, undefined> {
    const minimum = threshold(volumes.length)
    let settled: Uint8Array | undefined
    for (const { key, copies } of mergeRanges(volumes, start, end)) {
      if (copies.length < minimum) continue
      const logical = logicalOf(key)
      if (settled !== undefined && Buffer.compare(settled, logical) === 0) continue
      const found = gather(copies)
      if (found === undefined || found.holders.length < minimum) continue
      settled = Buffer.from(logical)
      if (found.record.kind !== 'tombstone') yield { logical: settled, ...found }
    }
  }

  const removeFrom = async (volume: Volume, keys: readonly Uint8Array[]): Promise<void> => {
    await volume.index.batch(() => {
      for (const key of keys) void volume.index.remove(key as Buffer)
    })
  }

  const keysOf = (entries: readonly Forgotten[]): readonly Uint8Array[] =>
    entries.flatMap(({ logical, generation, owns = [generation] }) => [
      physicalKey(logical, generation),
      ...owns.map((owned) => generationKey(owned)),
    ])

  const commit = async (
    writes: readonly Write[],
    candidates: readonly Volume[] = online(),
  ): Promise<readonly Volume[]> => {
    const pairs = writes.map(({ logical, record, owns = [] }) => ({
      key: physicalKey(logical, record.generation),
      value: encodeRecord(record),
      generation: generationKey(record.generation),
      owned: owns.map((generation) => generationKey(generation)),
    }))
    const outcomes = await Promise.allSettled(
      candidates.map(async (volume) => {
        if (!volume.check()) throw new Error(`${volume.directory} is offline`)
        await volume.index.batch(() => {
          for (const { key, value, generation, owned } of pairs) {
            void volume.index.put(key, value)
            void volume.index.put(generation, key)
            for (const other of owned) void volume.index.put(other, key)
          }
        })
        return volume
      }),
    )
    const done: Volume[] = []
    const causes: unknown[] = []
    for (const [position, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') {
        done.push(outcome.value)
      } else {
        causes.push(outcome.reason)
        candidates[position]?.fail(`Writing its index failed: ${String(outcome.reason)}`)
      }
    }
    if (done.length >= set.writeQuorum) return done
    const taken = pairs.flatMap(({ key, generation }) => [key, generation])
    await Promise.allSettled(done.map((volume) => removeFrom(volume, taken)))
    throw new ObjectStoreError(
      'UNAVAILABLE',
      `Cannot commit: ${done.length} of ${total} volumes took the record and ${set.writeQuorum} are needed`,
      causes.length > 0 ? { cause: new AggregateError(causes) } : {},
    )
  }

  return {
    online,
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
      for (const entry of accept(readable(), start, end)) return entry
      return undefined
    },
    scan(prefix, from) {
      const start = from !== undefined && Buffer.compare(from, prefix) > 0 ? from : prefix
      return accept(readable(), start, afterPrefix(prefix))
    },
    async forget(entries) {
      const keys = keysOf(entries)
      await Promise.allSettled(online().map((volume) => removeFrom(volume, keys)))
    },
    isEverywhere: (volumes) => volumes.length === total,
    async bury(old, generation) {
      const record: StoredRecord = { kind: 'tombstone', generation }
      const done = await commit(old.map(({ logical }) => ({ logical, record })))
      const tombstones = old.map(({ logical }) => ({ logical, generation }))
      // While a volume is away it may come back with the old record: the tombstones must outlive it.
      const keys = keysOf(done.length === total ? [...old, ...tombstones] : old)
      await Promise.allSettled(done.map((volume) => removeFrom(volume, keys)))
    },
  }
}

/** Walks the same key range of several indexes side by side, in key order, each key once with all its copies. */
function* mergeRanges(
  volumes: readonly Volume[],
  start: Uint8Array,
  end: Uint8Array,
): Generator<{ key: Uint8Array; copies: readonly { volume: Volume; value: Uint8Array }[] }> {
  const cursors = volumes.map((volume) => {
    const iterator = volume.index
      .getRange({ start: start as Buffer, end: end as Buffer })
      [Symbol.iterator]()
    return { volume, iterator, head: iterator.next() }
  })
  try {
    for (;;) {
      let key: Uint8Array | undefined
      for (const { head } of cursors) {
        if (head.done === true) continue
        if (key === undefined || Buffer.compare(head.value.key, key) < 0) key = head.value.key
      }
      if (key === undefined) return
      const copies: { volume: Volume; value: Uint8Array }[] = []
      for (const cursor of cursors) {
        if (cursor.head.done === true || Buffer.compare(cursor.head.value.key, key) !== 0) continue
        copies.push({ volume: cursor.volume, value: cursor.head.value.value })
        cursor.head = cursor.iterator.next()
      }
      yield { key, copies }
    }
  } finally {
    for (const { iterator } of cursors) iterator.return?.()
  }
}
