import type { BucketRegistry } from '@millrace/object-store'
import type { Operation } from '../context.ts'

/** HeadBucket. */
export function headBucket(registry: BucketRegistry): Operation<'HeadBucket'> {
  return async ({ bucket }, { region }) => {
    await registry.headBucket(bucket)
    return { region }
  }
}
