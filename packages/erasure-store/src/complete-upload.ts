import {
  type CompletedPart,
  type MultipartUpload,
  ObjectStoreError,
  type PutResult,
  checkCompletedParts,
  combinePartChecksums,
} from '@millrace/object-store'
import { multipartEtag } from '@millrace/checksums'
import type { Bucket } from './bucket-store.ts'
import { objectKey, partListKey } from './keys.ts'
import { findUpload, partInfoOf, storedParts, uploadKey } from './multipart.ts'
import { NULL_VERSION, keptWith, objectOf } from './object-records.ts'
import { commitObject, resultOf } from './put-object.ts'
import type { ObjectRecord, PartListRecord, TombstoneRecord } from './records.ts'

type CompleteOptions = NonNullable<Parameters<MultipartUpload['complete']>[1]>

function etagOfParts(parts: readonly { readonly etag: string }[]): string {
  return multipartEtag(parts.map((part) => Buffer.from(part.etag, 'hex')))
}

/** The object that this upload became, if it is still the key's object. */
export function replayOf(bucket: Bucket, key: string, uploadId: string): ObjectRecord | undefined {
  const record = objectOf(bucket.context.index.get(objectKey(bucket.name, key)))
  return record?.uploadId === uploadId ? record : undefined
}

/**
 * Makes the object of the named parts. Its record, its part list and the upload's tombstone are one transaction on each
 * volume, so that no crash leaves an upload whose parts belong to an object.
 */
export async function completeUpload(
  bucket: Bucket,
  key: string,
  uploadId: string,
  parts: readonly CompletedPart[],
  options: CompleteOptions,
): Promise<PutResult> {
  const { context, name } = bucket
  const replay = replayOf(bucket, key, uploadId)
  if (replay !== undefined) {
    if (etagOfParts(parts) !== replay.etag) {
      throw new ObjectStoreError(
        'INVALID_PART',
        `Upload was completed with other parts: ${uploadId}`,
      )
    }
    return resultOf(replay)
  }
  const upload = findUpload(bucket, key, uploadId)
  const stored = [...storedParts(bucket, key, uploadId)]
  const byNumber = new Map(
    stored.map(({ record }) => [record.partNumber, { ...partInfoOf(record), data: record.data }]),
  )
  const chosen = checkCompletedParts(
    parts,
    (partNumber) => byNumber.get(partNumber),
    options.minPartSize,
  )
  const kept = upload.record.options
  const record: Omit<ObjectRecord, 'generation'> = {
    kind: 'object',
    versionId: NULL_VERSION,
    size: chosen.reduce((sum, part) => sum + part.size, 0),
    etag: etagOfParts(chosen),
    modified: context.now(),
    checksums: combinePartChecksums(chosen, kept.checksum, options.checksum),
    uploadId,
    partSizes: chosen.map((part) => part.size),
    ...keptWith(kept),
  }
  const data = chosen.map((part) => part.data)
  const logical = uploadKey(name, key, uploadId)
  const { generation, volumes } = await commitObject(
    bucket,
    key,
    (next) => {
      const list: PartListRecord = { kind: 'parts', generation: next, parts: data }
      const tombstone: TombstoneRecord = { kind: 'tombstone', generation: next }
      return [
        { logical: objectKey(name, key), record: { ...record, generation: next } },
        { logical: partListKey(name, key, next), record: list },
        { logical, record: tombstone },
      ]
    },
    undefined,
    options.conditions,
  )
  const tombstone: TombstoneRecord = { kind: 'tombstone', generation }
  // The data now belongs to the object: only what was not chosen goes.
  await context.index.forget([
    upload.entry,
    // The tombstone goes too, unless a volume is away that may come back with the upload.
    ...(context.index.isEverywhere(volumes) ? [{ logical, record: tombstone }] : []),
    ...stored.map(({ entry }) => entry),
  ])
  const used = new Set(data.map((part) => part.generation))
  for (const { record: part } of stored) {
    if (!used.has(part.data.generation)) context.data.discard(part.data.generation)
  }
  return resultOf(record)
}
