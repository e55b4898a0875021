import { type BucketInfo, type BucketRegistry, ObjectStoreError } from '@millrace/object-store'
import { createBucketStore } from './bucket-store.ts'
import { logicalKey } from './keys.ts'
import type { Entry } from './quorum-index.ts'
import type { BucketRecord } from './records.ts'
import type { StoreContext } from './store-context.ts'

function noSuchBucket(name: string): ObjectStoreError {
  return new ObjectStoreError('NO_SUCH_BUCKET', `No such bucket: ${name}`)
}

function bucketOf(entry: Entry | undefined): BucketRecord | undefined {
  return entry?.record.kind === 'bucket' ? entry.record : undefined
}

function infoOf(record: BucketRecord): BucketInfo {
  return {
    name: record.name,
    created: new Date(record.created),
    ...(record.owner === undefined ? {} : { owner: record.owner }),
  }
}

/** Buckets and their documents, kept in the quorum index. */
export function createRegistry(context: StoreContext): BucketRegistry {
  const { index, locks, generations, buckets, now } = context

  const find = (name: string): BucketRecord => {
    const record = bucketOf(index.get(logicalKey('bucket', name)))
    if (record === undefined) throw noSuchBucket(name)
    return record
  }

  return {
    async *listBuckets(options = {}) {
      options.signal?.throwIfAborted()
      for (const entry of index.scan(logicalKey('bucket', ''))) {
        const record = bucketOf(entry)
        if (record !== undefined) yield infoOf(record)
      }
    },
    createBucket(name, options = {}) {
      if (
        name === '' ||
        name.includes('\0') ||
        /\p{Surrogate}/u.test(name) ||
        Buffer.byteLength(name) > 255
      ) {
        return Promise.reject(
          new ObjectStoreError('INVALID_ARGUMENT', `Not a name for a bucket: ${name}`),
        )
      }
      return locks.run(`bucket ${name}`, async () => {
        const logical = logicalKey('bucket', name)
        if (index.get(logical) !== undefined) {
          throw new ObjectStoreError('BUCKET_EXISTS', `Bucket exists already: ${name}`)
        }
        const record: BucketRecord = {
          kind: 'bucket',
          generation: generations.next(),
          name,
          created: now(),
          ...(options.owner === undefined ? {} : { owner: options.owner }),
        }
        await index.commit([{ logical, record }])
        return infoOf(record)
      })
    },
    async headBucket(name) {
      return infoOf(find(name))
    },
    async openBucket(name) {
      find(name)
      return createBucketStore(context, name)
    },
    deleteBucket(name) {
      return locks.run(`bucket ${name}`, () =>
        buckets.exclusive(name, async () => {
          find(name)
          const logical = logicalKey('bucket', name)
          for (const kind of ['object', 'upload'] as const) {
            for (const _ of index.scan(logicalKey(kind, name, ''))) {
              throw new ObjectStoreError('BUCKET_NOT_EMPTY', `Bucket is not empty: ${name}`)
            }
          }
          const entry = index.get(logical) as Entry
          const documents = [...index.scan(logicalKey('document', name, ''))]
          await index.bury([entry, ...documents], generations.next())
        }),
      )
    },
    async getDocument(bucket, document) {
      find(bucket)
      const entry = index.get(logicalKey('document', bucket, document))
      return entry?.record.kind === 'document' ? entry.record.text : undefined
    },
    setDocument(bucket, document, text) {
      return locks.run(`document ${bucket}/${document}`, () =>
        buckets.shared(bucket, async () => {
          find(bucket)
          const logical = logicalKey('document', bucket, document)
          const old = index.get(logical)
          const generation = generations.next()
          if (text === undefined) {
            if (old !== undefined) await index.bury([old], generation)
            return
          }
          await index.commit([{ logical, record: { kind: 'document', generation, text } }])
          if (old !== undefined) await index.forget([old])
        }),
      )
    },
  }
}
