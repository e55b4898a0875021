import type { BucketRegistry } from '@millrace/object-store'
import type { Operation } from '../context.ts'

/** GetBucketLocation; us-east-1 is the empty text, for historical reasons of S3's. */
export function getBucketLocation(registry: BucketRegistry): Operation<'GetBucketLocation'> {
  return async ({ bucket }, { region }) => {
    await registry.headBucket(bucket)
    return { document: { value: region === 'us-east-1' ? '' : region } }
  }
}
