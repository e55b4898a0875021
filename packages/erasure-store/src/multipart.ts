import {
  type MultipartOptions,
  type MultipartSummary,
  type MultipartUpload,
  type ObjectStore,
  ObjectStoreError,
  type PartInfo,
  checkMultipartChecksum,
  checkPartNumber,
  compareKeys,
  partChecksums,
} from '@millrace/object-store'
import type { Bucket } from './bucket-store.ts'
import { completeUpload, replayOf } from './complete-upload.ts'
import { logicalKey, partsOfLogical } from './keys.ts'
import { etagOfDigest } from './put-object.ts'
import { storeBody } from './store-body.ts'
import type { Entry } from './quorum-index.ts'
import { dataOf, type PartRecord, type UploadRecord } from './records.ts'

/** The logical key of an upload. Its id begins with its generation, so those of one key sort by time. */
export function uploadKey(bucket: string, key: string, uploadId: string): Buffer {
  return logicalKey('upload', bucket, key, uploadId)
}

/** The logical key of a part; numbers are padded, so that parts sort in order. */
function partKey(bucket: string, key: string, uploadId: string, partNumber: number): Buffer {
  return logicalKey('part', bucket, key, uploadId, String(partNumber).padStart(5, '0'))
}

/** The stored parts of an upload after a part number, in order. */
export function* storedParts(
  bucket: Bucket,
  key: string,
  uploadId: string,
  after = 0,
): Generator<{ readonly entry: Entry; readonly record: PartRecord }, void, undefined> {
  const prefix = logicalKey('part', bucket.name, key, uploadId, '')
  const from = partKey(bucket.name, key, uploadId, after + 1)
  for (const entry of bucket.context.index.scan(prefix, from)) {
    if (entry.record.kind === 'part') yield { entry, record: entry.record }
  }
}

export function partInfoOf(record: Omit<PartRecord, 'generation'>): PartInfo {
  return {
    partNumber: record.partNumber,
    size: record.data.size,
    etag: record.etag,
    lastModified: new Date(record.modified),
    checksums: record.checksums,
  }
}

export function noSuchUpload(uploadId: string): ObjectStoreError {
  return new ObjectStoreError('NO_SUCH_UPLOAD', `No such upload: ${uploadId}`)
}

/** The record of an upload that is neither completed nor aborted. */
export function findUpload(
  bucket: Bucket,
  key: string,
  uploadId: string,
): { readonly entry: Entry; readonly record: UploadRecord } {
  const entry = bucket.context.index.get(uploadKey(bucket.name, key, uploadId))
  if (entry?.record.kind !== 'upload') throw noSuchUpload(uploadId)
  return { entry, record: entry.record }
}

export async function createMultipart(
  bucket: Bucket,
  key: string,
  options: MultipartOptions,
): Promise<MultipartUpload> {
  const { signal, ...kept } = options
  signal?.throwIfAborted()
  bucket.assertExists()
  checkMultipartChecksum(options.checksum)
  const { context, name } = bucket
  const generation = context.generations.next()
  const record: UploadRecord = {
    kind: 'upload',
    generation,
    initiated: context.now(),
    options: kept,
  }
  await context.buckets.shared(name, async () => {
    bucket.assertExists()
    await context.index.commit([{ logical: uploadKey(name, key, generation), record }])
  })
  return uploadHandle(bucket, key, generation, record)
}

export async function resumeMultipart(
  bucket: Bucket,
  key: string,
  uploadId: string,
): Promise<MultipartUpload> {
  bucket.assertExists()
  if (!/^[0-9a-f]{32}$/.test(uploadId)) throw noSuchUpload(uploadId)
  // A completed upload may be completed again: its answer may have been lost on the way.
  const replay = replayOf(bucket, key, uploadId)
  if (replay !== undefined) {
    const record: UploadRecord = {
      kind: 'upload',
      generation: uploadId,
      initiated: replay.modified,
      options: {},
    }
    return uploadHandle(bucket, key, uploadId, record)
  }
  return uploadHandle(bucket, key, uploadId, findUpload(bucket, key, uploadId).record)
}

export async function* listMultipart(
  bucket: Bucket,
  options: NonNullable<Parameters<ObjectStore['listMultipart']>[0]> = {},
): AsyncGenerator<MultipartSummary, void, undefined> {
  const { prefix = '', startAfter = '', startAfterUpload, signal } = options
  signal?.throwIfAborted()
  bucket.assertExists()
  const { index } = bucket.context
  const first = compareKeys(startAfter, prefix) > 0 ? startAfter : prefix
  for (const entry of index.scan(
    logicalKey('upload', bucket.name, prefix),
    logicalKey('upload', bucket.name, first),
  )) {
    signal?.throwIfAborted()
    const [, key = '', uploadId = ''] = partsOfLogical(entry.logical)
    if (entry.record.kind !== 'upload') continue
    if (startAfter !== '' && key === startAfter) {
      if (startAfterUpload === undefined || uploadId <= startAfterUpload) continue
    }
    const { initiated, options: kept } = entry.record
    yield {
      key,
      uploadId,
      initiated: new Date(initiated),
      ...(kept.owner === undefined ? {} : { owner: kept.owner }),
    }
  }
}

function uploadHandle(
  bucket: Bucket,
  key: string,
  uploadId: string,
  upload: UploadRecord,
): MultipartUpload {
  const { context, name } = bucket
  return {
    key,
    uploadId,
    options: upload.options,
    initiated: new Date(upload.initiated),
    async putPart(partNumber, body, options = {}) {
      options.signal?.throwIfAborted()
      checkPartNumber(partNumber)
      const { checksum } = findUpload(bucket, key, uploadId).record.options
      const digests = [
        ...(options.digests ?? []),
        ...(checksum === undefined ? [] : [checksum.algorithm]),
      ]
      return await storeBody(bucket, key, body, { ...options, digests }, async (written, added) => {
        const record: Omit<PartRecord, 'generation'> = {
          kind: 'part',
          partNumber,
          etag: etagOfDigest(written.summary.digests.md5),
          modified: context.now(),
          checksums: partChecksums(checksum?.algorithm, written.summary.digests, added),
          data: written.record,
        }
        const logical = partKey(name, key, uploadId, partNumber)
        const replaced = await context.uploads.shared(uploadId, () =>
          context.locks.run(`part ${uploadId} ${partNumber}`, async () => {
            findUpload(bucket, key, uploadId)
            const earlier = context.index.get(logical)
            // Taken now, not when the body began: the last to commit is the newest.
            const committed = { ...record, generation: context.generations.next() }
            await context.index.commit([{ logical, record: committed }], written.volumes)
            return earlier
          }),
        )
        if (replaced !== undefined) {
          await context.index.forget([replaced])
          for (const old of dataOf(replaced.record)) context.data.discard(old)
        }
        return partInfoOf(record)
      })
    },
    async *listParts(options = {}) {
      options.signal?.throwIfAborted()
      findUpload(bucket, key, uploadId)
      for (const { record } of storedParts(bucket, key, uploadId, options.startAfter)) {
        options.signal?.throwIfAborted()
        yield partInfoOf(record)
      }
    },
    async complete(parts, options = {}) {
      options.signal?.throwIfAborted()
      return await context.uploads.exclusive(uploadId, () =>
        completeUpload(bucket, key, uploadId, parts, options),
      )
    },
    async abort(options = {}) {
      options.signal?.throwIfAborted()
      await context.uploads.exclusive(uploadId, async () => {
        const { entry } = findUpload(bucket, key, uploadId)
        await context.index.bury([entry], context.generations.next())
        const parts = [...storedParts(bucket, key, uploadId)]
        await context.index.forget(parts.map((part) => part.entry))
        for (const { record } of parts) context.data.discard(record.data.generation)
      })
    },
  }
}
