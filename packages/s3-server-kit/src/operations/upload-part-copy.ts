import type { BucketRegistry } from '@millrace/object-store'
import { S3_LIMITS, S3Error } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { openCopySource } from '../copy-source.ts'
import { versionIdOf } from '../object-output.ts'
import { checksumElements } from '../stated-checksums.ts'

/** UploadPartCopy: a part from an object, or from a range of it. */
export function uploadPartCopy(registry: BucketRegistry): Operation<'UploadPartCopy'> {
  return async (input, { signal }) => {
    const { bucket, key, uploadId, partNumber, source, sourceRange } = input
    const store = await registry.openBucket(bucket)
    const upload = await store.resumeMultipart(key, uploadId)
    const from = await openCopySource(registry, source, input.sourceConditions, {
      signal,
      ...(sourceRange === undefined ? {} : { range: sourceRange }),
    })
    await using result = from.result
    if (sourceRange !== undefined && sourceRange.end > result.info.size) {
      throw new S3Error('InvalidArgument', {
        message: `Range specified is not valid for source object of size: ${result.info.size}`,
      })
    }
    const size = result.range.end - result.range.start
    if (size > S3_LIMITS.partSize) throw new S3Error('EntityTooLarge')
    const algorithm = upload.options.checksum?.algorithm
    const part = await upload.putPart(partNumber, result.body, {
      size,
      signal,
      ...(algorithm === undefined
        ? {}
        : {
            digests: [algorithm],
            beforeCommit: ({ digests }) => {
              const digest = digests[algorithm]
              if (digest === undefined) return undefined
              const value = Buffer.from(digest).toString('base64')
              return { checksums: [{ algorithm, value, type: 'FULL_OBJECT' }] }
            },
          }),
    })
    return {
      document: {
        LastModified: part.lastModified,
        ETag: part.etag,
        ...checksumElements(part.checksums),
      },
      sourceVersionId: versionIdOf(from.store, result.info.versionId),
    }
  }
}
