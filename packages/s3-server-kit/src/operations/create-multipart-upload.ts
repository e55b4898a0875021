import type { BucketRegistry } from '@millrace/object-store'
import { CHECKSUM_HEADERS } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'

/** CreateMultipartUpload. */
export function createMultipartUpload(
  registry: BucketRegistry,
): Operation<'CreateMultipartUpload'> {
  return async ({ bucket, key, headers, metadata, checksum }, { identity, signal }) => {
    const store = await registry.openBucket(bucket)
    const upload = await store.createMultipart(key, {
      headers,
      metadata,
      ...(checksum === undefined
        ? {}
        : {
            checksum: {
              algorithm: CHECKSUM_HEADERS[checksum.algorithm].name,
              type: checksum.type,
            },
          }),
      ...(identity === undefined ? {} : { owner: identity.id }),
      signal,
    })
    return {
      document: { Bucket: bucket, Key: key, UploadId: upload.uploadId },
      ...(checksum === undefined ? {} : { checksum }),
    }
  }
}
