import { ObjectStoreError } from './errors.ts'
import type { MemoryBody } from './memory-body.ts'
import { type MemoryQuota, overheadOf } from './memory-quota.ts'
import { type OrderedMap, createOrderedMap } from './ordered-map.ts'
import type { ListEntry, ObjectInfo } from './port.ts'

/** One version of one key: an object with its body, or a delete marker without. */
export interface MemoryRecord {
  readonly info: ObjectInfo
  /** Undefined in a delete marker. */
  readonly body: MemoryBody | undefined
}

/** The versions of every key. Unversioned, each key has one record, of version "null". */
export interface MemoryRecords {
  readonly count: number
  /** Version ids sort newest first, so that a listing may go on after one that is gone. */
  nextVersionId(): string
  /** The latest object of a key; undefined where there is none or a delete marker. */
  current(key: string): ObjectInfo | undefined
  /** The version to read. @throws {ObjectStoreError} `NOT_FOUND`, `NO_SUCH_VERSION`, `DELETE_MARKER` */
  find(key: string, versionId: string | undefined): MemoryRecord
  /** Makes a record the latest; the body's bytes are in the quota already. */
  commit(record: MemoryRecord): void
  /** Removes one version and says what it was. */
  remove(key: string, versionId: string): MemoryRecord | undefined
  cursor(from: string): ReturnType<OrderedMap<readonly MemoryRecord[]>['cursor']>
  clear(): void
}

const VERSION_BASE = 2 ** 48

export function createRecords(versioned: boolean, quota: MemoryQuota): MemoryRecords {
  const keys = createOrderedMap<readonly MemoryRecord[]>()
  let sequence = 0

  const costOf = (record: MemoryRecord): number =>
    overheadOf(record.info.key) + (record.body?.size ?? 0)

  const store = (key: string, records: readonly MemoryRecord[]): void => {
    if (records.length === 0) keys.delete(key)
    else keys.set(key, records.map(markLatest))
  }

  return {
    get count() {
      return keys.size
    },
    nextVersionId() {
      if (!versioned) return 'null'
      return (VERSION_BASE - ++sequence).toString(16).padStart(12, '0')
    },
    current(key) {
      const record = keys.get(key)?.[0]
      return record?.body === undefined ? undefined : record.info
    },
    find(key, versionId) {
      const records = keys.get(key)
      if (versionId === undefined) {
        const latest = records?.[0]
        if (latest === undefined) {
          throw new ObjectStoreError('NOT_FOUND', `No such key: ${key}`)
        }
        if (latest.body === undefined) {
          throw new ObjectStoreError('NOT_FOUND', `Key has been deleted: ${key}`, {
            details: { deleteMarker: true, versionId: latest.info.versionId },
          })
        }
        return latest
      }
      const record = records?.find((one) => one.info.versionId === versionId)
      if (record === undefined) {
        throw new ObjectStoreError('NO_SUCH_VERSION', `No such version of ${key}: ${versionId}`)
      }
      if (record.body === undefined) {
        throw new ObjectStoreError('DELETE_MARKER', `Version is a delete marker: ${versionId}`, {
          details: {
            deleteMarker: true,
            versionId,
            lastModified: record.info.lastModified.getTime(),
          },
        })
      }
      return record
    },
    commit(record) {
      const { key } = record.info
      const earlier = keys.get(key) ?? []
      quota.take(overheadOf(key))
      if (!versioned) for (const one of earlier) quota.give(costOf(one))
      store(key, versioned ? [record, ...earlier] : [record])
    },
    remove(key, versionId) {
      const records = keys.get(key) ?? []
      const record = records.find((one) => one.info.versionId === versionId)
      if (record === undefined) return undefined
      quota.give(costOf(record))
      store(
        key,
        records.filter((one) => one !== record),
      )
      return record
    },
    cursor: (from) => keys.cursor(from),
    clear() {
      const cursor = keys.cursor('')
      for (let entry = cursor.next(); entry !== undefined; entry = cursor.next()) {
        for (const record of entry[1]) quota.give(costOf(record))
        keys.delete(entry[0])
      }
    },
  }
}

function markLatest(record: MemoryRecord, index: number): MemoryRecord {
  const isLatest = index === 0
  if (record.info.isLatest === isLatest) return record
  return { info: { ...record.info, isLatest }, body: record.body }
}

/** A record as a listing of versions gives it. */
export function entryOf({ info, body }: MemoryRecord): ListEntry {
  if (body !== undefined) return { type: 'object', info }
  const { key, versionId, isLatest, lastModified, owner } = info
  return {
    type: 'delete-marker',
    key,
    versionId,
    isLatest,
    lastModified,
    ...(owner === undefined ? {} : { owner }),
  }
}
