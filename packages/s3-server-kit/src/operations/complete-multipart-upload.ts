import type { BucketRegistry, CompletedPart, MultipartUpload } from '@millrace/object-store'
import {
  CHECKSUM_HEADERS,
  type CompleteMultipartUploadInput,
  encodeListingText,
  parseXml,
  S3Error,
  S3_LIMITS,
  type XmlValue,
} from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { versionIdOf } from '../object-output.ts'
import { checksumElements } from '../stated-checksums.ts'
import { readWhole } from '../whole-body.ts'

type CompleteOptions = NonNullable<Parameters<MultipartUpload['complete']>[1]>

/** CompleteMultipartUpload: all the parts named become one object, at once. */
export function completeMultipartUpload(
  registry: BucketRegistry,
): Operation<'CompleteMultipartUpload'> {
  return async (input, { body, signal, origin }) => {
    const { bucket, key, uploadId } = input
    const bytes = await readWhole(body, {}, S3_LIMITS.xmlBytes)
    const { Part: named } = parseXml('CompleteMultipartUpload', bytes)
    const store = await registry.openBucket(bucket)
    const upload = await store.resumeMultipart(key, uploadId)
    const parts = named.map(completedPart)
    if (input.objectSize !== undefined) await checkSize(upload, parts, input.objectSize)
    const result = await upload.complete(parts, completeOptions(input, upload, signal))
    return {
      document: {
        Location: `${origin}/${bucket}/${encodeListingText(key)}`,
        Bucket: bucket,
        Key: key,
        ETag: result.etag,
        ...checksumElements(result.checksums),
        ChecksumType: result.checksums[0]?.type,
      },
      versionId: versionIdOf(store, result.versionId),
    }
  }
}

function completedPart(named: XmlValue<'CompletedPart'>): CompletedPart {
  const part = { partNumber: named.PartNumber, etag: named.ETag }
  for (const { name, element } of Object.values(CHECKSUM_HEADERS)) {
    const value = named[element]
    if (value !== undefined) return { ...part, checksum: { algorithm: name, value } }
  }
  return part
}

async function checkSize(
  upload: MultipartUpload,
  parts: readonly CompletedPart[],
  expected: number,
): Promise<void> {
  const named = new Set(parts.map(({ partNumber }) => partNumber))
  let size = 0
  for await (const part of upload.listParts()) if (named.has(part.partNumber)) size += part.size
  if (size === expected) return
  throw new S3Error('InvalidRequest', {
    message: `The provided 'x-amz-mp-object-size' header does not match what was computed: ${size}`,
  })
}

function completeOptions(
  { conditions, checksum, checksumType }: CompleteMultipartUploadInput,
  upload: MultipartUpload,
  signal: AbortSignal,
): CompleteOptions {
  const created = upload.options.checksum
  if (checksumType !== undefined && created !== undefined && checksumType !== created.type) {
    throw new S3Error('InvalidRequest', {
      message: `The upload was created with another checksum type: ${created.type}`,
    })
  }
  const stated = checksum && {
    algorithm: CHECKSUM_HEADERS[checksum.algorithm].name,
    value: checksum.value,
    type: checksumType ?? created?.type ?? CHECKSUM_HEADERS[checksum.algorithm].defaultType,
  }
  return {
    signal,
    minPartSize: S3_LIMITS.minPartSize,
    ...(conditions === undefined ? {} : { conditions }),
    ...(stated === undefined ? {} : { checksum: stated }),
  }
}
