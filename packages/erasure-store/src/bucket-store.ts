import {
  type DeleteResult,
  type GetResult,
  type ListEntry,
  type ListOptions,
  ObjectStoreError,
  type ObjectStore,
  type StoreCapabilities,
  checkKey,
  evaluateReadConditions,
  walkKeys,
} from '@millrace/object-store'
import { getObject } from './get-object.ts'
import { logicalKey, objectKey, partListKey, partsOfLogical } from './keys.ts'
import { createMultipart, listMultipart, resumeMultipart } from './multipart.ts'
import { NULL_VERSION, infoOf, noSuchVersion, notFound, objectOf } from './object-records.ts'
import { contentsOf, putObject } from './put-object.ts'
import type { Entry } from './quorum-index.ts'
import { dataOf, type ObjectRecord, type PartListRecord } from './records.ts'
import type { StoreContext } from './store-context.ts'

/** One bucket, as its operations see it. */
export interface Bucket {
  readonly name: string
  readonly context: StoreContext
  /** @throws {ObjectStoreError} `NO_SUCH_BUCKET` */
  assertExists(): void
  /** The parts of an object that came by multipart. */
  partList(key: string, record: ObjectRecord): PartListRecord
}

const CAPABILITIES: StoreCapabilities = {
  write: true,
  list: true,
  multipart: true,
  versions: false,
  conditionalWrite: true,
  suffixRange: true,
  digests: ['md5', 'sha1', 'sha256', 'crc32', 'crc32c', 'crc64nvme', 'blake3', 'xxh64'],
}

/** NUL parts the index's keys, so it cannot stand in one. */
function checkStorable(key: string): string {
  checkKey(key)
  if (key.includes('\0')) {
    throw new ObjectStoreError('INVALID_ARGUMENT', 'Key contains a NUL character')
  }
  return key
}

function checkVersion(key: string, versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== NULL_VERSION) throw noSuchVersion(key, versionId)
}

/** One bucket of the volumes as an `ObjectStore`. */
export function createBucketStore(context: StoreContext, name: string): ObjectStore {
  const bucket: Bucket = {
    name,
    context,
    assertExists() {
      if (context.index.get(logicalKey('bucket', name)) === undefined) {
        throw new ObjectStoreError('NO_SUCH_BUCKET', `No such bucket: ${name}`)
      }
    },
    partList(key, record) {
      const entry = context.index.get(partListKey(name, key, record.generation))
      if (entry?.record.kind === 'parts') return entry.record
      throw new ObjectStoreError(
        'CORRUPT',
        `The part list of generation ${record.generation} is missing`,
      )
    },
  }

  const entryOf = (key: string): Entry | undefined => context.index.get(objectKey(name, key))

  return {
    capabilities: CAPABILITIES,
    async head(key, options = {}) {
      options.signal?.throwIfAborted()
      checkStorable(key)
      checkVersion(key, options.versionId)
      const record = objectOf(entryOf(key))
      if (record === undefined) throw notFound(key)
      const info = infoOf(key, record)
      evaluateReadConditions(info, options.conditions)
      return info
    },
    async get(key, options = {}): Promise<GetResult> {
      options.signal?.throwIfAborted()
      checkStorable(key)
      checkVersion(key, options.versionId)
      const record = objectOf(entryOf(key))
      if (record === undefined) throw notFound(key)
      return await getObject(bucket, key, record, options)
    },
    async put(key, body, options = {}) {
      options.signal?.throwIfAborted()
      checkStorable(key)
      bucket.assertExists()
      return await putObject(bucket, key, body, options)
    },
    async delete(key, options = {}): Promise<DeleteResult> {
      options.signal?.throwIfAborted()
      checkStorable(key)
      if (options.versionId !== undefined && options.versionId !== NULL_VERSION) {
        return { versionId: options.versionId, deleteMarker: false }
      }
      await context.buckets.shared(name, () =>
        context.locks.run(`${name}/${key}`, async () => {
          bucket.assertExists()
          const entry = entryOf(key)
          const record = objectOf(entry)
          if (options.conditions?.ifMatch !== undefined) {
            if (record === undefined) throw notFound(key)
            evaluateReadConditions(infoOf(key, record), { ifMatch: [options.conditions.ifMatch] })
          }
          if (entry === undefined) return
          const old = contentsOf(bucket, key, entry)
          await context.index.bury(old, context.generations.next())
          for (const generation of old.flatMap((one) => dataOf(one.record))) {
            context.data.discard(generation)
          }
        }),
      )
      return { deleteMarker: false }
    },
    list: (options = {}) => listObjects(bucket, options),
    createMultipart: (key, options = {}) => createMultipart(bucket, checkStorable(key), options),
    resumeMultipart: (key, uploadId) => resumeMultipart(bucket, checkStorable(key), uploadId),
    listMultipart: (options = {}) => listMultipart(bucket, options),
  }
}

async function* listObjects(
  bucket: Bucket,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const { context, name } = bucket
  options.signal?.throwIfAborted()
  bucket.assertExists()
  const prefix = logicalKey('object', name, '')
  const open = (from: string) => {
    let entries = context.index.scan(prefix, logicalKey('object', name, from))
    return {
      next(): readonly [string, ObjectRecord] | undefined {
        const step = entries.next()
        if (step.done === true) return undefined
        const record = objectOf(step.value) as ObjectRecord
        return [partsOfLogical(step.value.logical)[1] as string, record]
      },
      seek(key: string): void {
        entries.return()
        entries = context.index.scan(prefix, logicalKey('object', name, key))
      },
    }
  }
  for (const walked of walkKeys(open, { ...options, inclusive: false })) {
    options.signal?.throwIfAborted()
    if ('prefix' in walked) yield { type: 'prefix', prefix: walked.prefix }
    else yield { type: 'object', info: infoOf(walked.key, walked.value) }
  }
}
