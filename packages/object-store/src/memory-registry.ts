import { ObjectStoreError } from './errors.ts'
import { checkKey, compareKeys } from './keys.ts'
import { createQuota, overheadOf } from './memory-quota.ts'
import {
  DEFAULT_MEMORY_MAX_BYTES,
  type MemoryBucket,
  type MemoryStoreOptions,
  createMemoryBucket,
} from './memory-store.ts'
import type { BucketInfo, BucketRegistry } from './port.ts'

/** Options of {@link createMemoryRegistry}; the limits count over all buckets together. */
export interface MemoryRegistryOptions extends MemoryStoreOptions {
  /**
   * Most buckets.
   *
   * @default DEFAULT_MEMORY_MAX_BUCKETS
   */
  readonly maxBuckets?: number
}

/** Most buckets of a memory registry when not told otherwise. */
export const DEFAULT_MEMORY_MAX_BUCKETS = 10_000

interface Bucket {
  readonly info: BucketInfo
  readonly memory: MemoryBucket
  readonly documents: Map<string, string>
}

/**
 * Buckets in memory, bounded together.
 *
 * @param options - as for `createMemoryStore`, and `maxBuckets`
 * @returns a registry without buckets
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for a `maxBytes` that is no positive integer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryRegistry } from '@millrace/object-store'
 *
 * const registry = createMemoryRegistry()
 * await registry.createBucket('photos')
 * const store = await registry.openBucket('photos')
 * await store.put('a.jpg', [new Uint8Array(3)])
 * await assert.rejects(registry.deleteBucket('photos'), { code: 'BUCKET_NOT_EMPTY' })
 * ```
 */
export function createMemoryRegistry(options: MemoryRegistryOptions = {}): BucketRegistry {
  const quota = createQuota(options.maxBytes ?? DEFAULT_MEMORY_MAX_BYTES)
  const maxBuckets = options.maxBuckets ?? DEFAULT_MEMORY_MAX_BUCKETS
  const now = options.now ?? Date.now
  const buckets = new Map<string, Bucket>()

  const find = (name: string): Bucket => {
    const bucket = buckets.get(name)
    if (bucket === undefined) {
      throw new ObjectStoreError('NO_SUCH_BUCKET', `No such bucket: ${name}`)
    }
    return bucket
  }

  return {
    listBuckets(options = {}) {
      options.signal?.throwIfAborted()
      return listBuckets(buckets, options.signal)
    },
    async createBucket(name, { owner } = {}) {
      checkKey(name)
      const existing = buckets.get(name)
      if (existing !== undefined) {
        throw new ObjectStoreError('BUCKET_EXISTS', `Bucket exists already: ${name}`, {
          details: existing.info.owner === undefined ? {} : { owner: existing.info.owner },
        })
      }
      if (buckets.size >= maxBuckets) {
        throw new ObjectStoreError('NO_SPACE', `No more than this many buckets: ${maxBuckets}`)
      }
      quota.take(overheadOf(name))
      const info: BucketInfo = {
        name,
        created: new Date(now()),
        ...(owner === undefined ? {} : { owner }),
      }
      buckets.set(name, {
        info,
        memory: createMemoryBucket(options, quota),
        documents: new Map(),
      })
      return info
    },
    async headBucket(name) {
      return find(name).info
    },
    async openBucket(name) {
      return find(name).memory.store
    },
    async deleteBucket(name) {
      const { memory, documents } = find(name)
      if (!memory.isEmpty()) {
        throw new ObjectStoreError('BUCKET_NOT_EMPTY', `Bucket is not empty: ${name}`)
      }
      memory.drop()
      for (const text of documents.values()) quota.give(text.length * 2)
      quota.give(overheadOf(name))
      buckets.delete(name)
    },
    async getDocument(bucket, document) {
      return find(bucket).documents.get(document)
    },
    async setDocument(bucket, document, text) {
      const { documents } = find(bucket)
      const earlier = documents.get(document)
      if (text !== undefined) quota.take(text.length * 2)
      if (earlier !== undefined) quota.give(earlier.length * 2)
      if (text === undefined) documents.delete(document)
      else documents.set(document, text)
    },
  }
}

async function* listBuckets(
  buckets: ReadonlyMap<string, Bucket>,
  signal: AbortSignal | undefined,
): AsyncGenerator<BucketInfo, void, undefined> {
  for (const name of Array.from(buckets.keys()).sort(compareKeys)) {
    signal?.throwIfAborted()
    const bucket = buckets.get(name)
    if (bucket !== undefined) yield bucket.info
  }
}
