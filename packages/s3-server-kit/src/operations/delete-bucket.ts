import type { BucketRegistry } from '@millrace/object-store'
import type { Operation } from '../context.ts'

/** DeleteBucket; only an empty one. */
export function deleteBucket(registry: BucketRegistry): Operation<'DeleteBucket'> {
  return async ({ bucket }) => {
    await registry.deleteBucket(bucket)
    return {}
  }
}
