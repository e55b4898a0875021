import type { BucketRegistry } from '@millrace/object-store'
import type { Operation } from '../context.ts'

/** AbortMultipartUpload: the upload and all its parts are gone. */
export function abortMultipartUpload(registry: BucketRegistry): Operation<'AbortMultipartUpload'> {
  return async ({ bucket, key, uploadId }, { signal }) => {
    const store = await registry.openBucket(bucket)
    const upload = await store.resumeMultipart(key, uploadId)
    await upload.abort({ signal })
    return {}
  }
}
