import { ALGORITHMS, etagOf } from '@millrace/checksums'
import { checkWriteConditions, evaluateReadConditions } from './conditions.ts'
import { ObjectStoreError } from './errors.ts'
import { checkKey } from './keys.ts'
import { walkKeys } from './listing.ts'
import { readBody, readRange } from './memory-body.ts'
import { createMemoryUploads } from './memory-multipart.ts'
import { type MemoryQuota, createQuota } from './memory-quota.ts'
import { type MemoryRecords, createRecords, entryOf } from './memory-records.ts'
import type { ListEntry, ListOptions, ObjectInfo, ObjectStore, StoreCapabilities } from './port.ts'
import { resolveGetRange } from './ranges.ts'

/** What a memory store holds at most when not told otherwise: 1 GiB. */
export const DEFAULT_MEMORY_MAX_BYTES: number = 1024 ** 3

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Most bytes held, an estimate for keys and records included; a write beyond it throws `NO_SPACE`.
   *
   * @default DEFAULT_MEMORY_MAX_BYTES
   */
  readonly maxBytes?: number
  /**
   * Keeps every version: a write adds one, a delete adds a delete marker.
   *
   * @default false
   */
  readonly versions?: boolean
  /**
   * The clock, in milliseconds.
   *
   * @default Date.now
   */
  readonly now?: () => number
}

/**
 * A store in memory: every operation of the port, bounded in bytes. It is what tests run against and what backends are
 * compared with; a small server can serve it.
 *
 * @param options - see {@link MemoryStoreOptions}
 * @returns an empty store
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for a `maxBytes` that is no positive integer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, getText } from '@millrace/object-store'
 *
 * const store = createMemoryStore()
 * await store.put('greeting', [Buffer.from('hello')])
 * assert.equal(await getText(store, 'greeting'), 'hello')
 * ```
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  const quota = createQuota(options.maxBytes ?? DEFAULT_MEMORY_MAX_BYTES)
  return createMemoryBucket(options, quota).store
}

/** A memory store with the handles that a registry needs. */
export interface MemoryBucket {
  readonly store: ObjectStore
  isEmpty(): boolean
  /** Frees everything; every later call throws `NO_SUCH_BUCKET`. */
  drop(): void
}

export function createMemoryBucket(
  options: Omit<MemoryStoreOptions, 'maxBytes'>,
  quota: MemoryQuota,
): MemoryBucket {
  const versioned = options.versions ?? false
  const now = options.now ?? Date.now
  const records = createRecords(versioned, quota)
  let dropped = false
  const alive = (): void => {
    if (dropped) throw new ObjectStoreError('NO_SUCH_BUCKET', 'Bucket has been deleted')
  }
  const uploads = createMemoryUploads({ records, quota, now, alive })
  const capabilities: StoreCapabilities = {
    write: true,
    list: true,
    multipart: true,
    versions: versioned,
    conditionalWrite: true,
    suffixRange: true,
    digests: ALGORITHMS,
  }

  const store: ObjectStore = {
    capabilities,
    async get(key, options = {}) {
      const { signal } = options
      signal?.throwIfAborted()
      alive()
      const { info, body } = records.find(checkKey(key), options.versionId)
      evaluateReadConditions(info, options.conditions)
      const range = resolveGetRange(options, info, key)
      let disposed = false
      const stream = readRange(body ?? { size: 0, blocks: [] }, range, {
        signal,
        isDisposed: () => disposed,
      })
      return {
        info,
        range,
        body: stream,
        async [Symbol.asyncDispose]() {
          disposed = true
          await stream.return()
        },
      }
    },
    async head(key, options = {}) {
      options.signal?.throwIfAborted()
      alive()
      const { info } = records.find(checkKey(key), options.versionId)
      evaluateReadConditions(info, options.conditions)
      return info
    },
    async put(key, source, options = {}) {
      const { signal, conditions } = options
      signal?.throwIfAborted()
      alive()
      checkWriteConditions(records.current(checkKey(key)), conditions, key)
      const { body, summary } = await readBody(source, {
        size: options.size,
        signal,
        digests: ['md5', ...(options.digests ?? [])],
        quota,
      })
      try {
        const additions = await options.beforeCommit?.(summary)
        signal?.throwIfAborted()
        alive()
        checkWriteConditions(records.current(key), conditions, key)
        const info: ObjectInfo = {
          key,
          size: body.size,
          etag: etagOf(summary.digests.md5 as Uint8Array),
          etagIsMd5: true,
          lastModified: new Date(now()),
          versionId: records.nextVersionId(),
          isLatest: true,
          headers: { ...options.headers },
          metadata: { ...options.metadata },
          checksums: [...(additions?.checksums ?? [])],
          ...(options.owner === undefined ? {} : { owner: options.owner }),
        }
        records.commit({ info, body })
        const { etag, versionId, size, lastModified, checksums } = info
        return { etag, versionId, size, lastModified, checksums }
      } catch (error) {
        quota.give(body.size)
        throw error
      }
    },
    async delete(key, options = {}) {
      options.signal?.throwIfAborted()
      alive()
      checkKey(key)
      checkDelete(records, key, options)
      if (options.versionId === undefined && versioned) {
        const info: ObjectInfo = {
          key,
          size: 0,
          etag: '',
          lastModified: new Date(now()),
          versionId: records.nextVersionId(),
          isLatest: true,
          headers: {},
          metadata: {},
          checksums: [],
        }
        records.commit({ info, body: undefined })
        return { versionId: info.versionId, deleteMarker: true }
      }
      const removed = records.remove(key, options.versionId ?? 'null')
      if (removed === undefined) return { deleteMarker: false }
      return { versionId: removed.info.versionId, deleteMarker: removed.body === undefined }
    },
    list(options = {}) {
      options.signal?.throwIfAborted()
      alive()
      return listRecords(records, options)
    },
    createMultipart: uploads.create,
    resumeMultipart: uploads.resume,
    listMultipart: uploads.list,
  }

  return {
    store,
    isEmpty: () => records.count === 0,
    drop() {
      dropped = true
      records.clear()
      uploads.clear()
    },
  }
}

function checkDelete(
  records: MemoryRecords,
  key: string,
  options: {
    readonly versionId?: string
    readonly conditions?: { readonly ifMatch?: string }
  },
): void {
  const ifMatch = options.conditions?.ifMatch
  if (ifMatch === undefined) return
  const current =
    options.versionId === undefined
      ? records.current(key)
      : records.find(key, options.versionId).info
  if (current === undefined) {
    throw new ObjectStoreError('PRECONDITION_FAILED', `Nothing to match at this key: ${key}`, {
      details: { condition: 'If-Match' },
    })
  }
  checkWriteConditions(current, { ifMatch }, key)
}

async function* listRecords(
  records: MemoryRecords,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const { versions = false, startAfter, startAfterVersion, signal } = options
  const walked = walkKeys((from) => records.cursor(from), {
    ...options,
    inclusive: versions && startAfterVersion !== undefined,
    include: versions ? undefined : (found) => found[0]?.body !== undefined,
  })
  for (const one of walked) {
    signal?.throwIfAborted()
    if ('prefix' in one) {
      yield { type: 'prefix', prefix: one.prefix }
      continue
    }
    for (const record of one.value) {
      // Version ids ascend from newest to oldest; "null" is the only one where versions are off.
      const seen =
        one.key === startAfter &&
        startAfterVersion !== undefined &&
        record.info.versionId <= startAfterVersion
      if (seen) continue
      yield entryOf(record)
      if (!versions) break
    }
  }
}
