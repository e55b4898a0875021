import type { BucketRegistry } from '@millrace/object-store'
import { S3_LIMITS, S3Error } from '@millrace/s3-protocol'
import { checkBody } from '../body-integrity.ts'
import type { Operation } from '../context.ts'
import { statedChecksums } from '../stated-checksums.ts'

/** UploadPart. */
export function uploadPart(registry: BucketRegistry): Operation<'UploadPart'> {
  return async ({ bucket, key, uploadId, partNumber, digests }, { body, signal }) => {
    if (body.size !== undefined && body.size > S3_LIMITS.partSize) {
      throw new S3Error('EntityTooLarge', {
        details: { ProposedSize: String(body.size), MaxSizeAllowed: String(S3_LIMITS.partSize) },
      })
    }
    const store = await registry.openBucket(bucket)
    const upload = await store.resumeMultipart(key, uploadId)
    const { source, options } = checkBody(body, digests, store.capabilities)
    const part = await upload.putPart(partNumber, source, { ...options, signal })
    return { etag: part.etag, checksums: statedChecksums(part.checksums) }
  }
}
