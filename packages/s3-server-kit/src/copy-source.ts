import type { BucketRegistry, GetOptions, GetResult, ObjectStore } from '@millrace/object-store'
import { type CopySource, type ReadConditions, S3Error } from '@millrace/s3-protocol'
import { toS3Error } from './store-errors.ts'

/** Opens what a copy reads. A condition that does not hold is 412, whichever it is: a copy cannot be "not modified". */
export async function openCopySource(
  registry: BucketRegistry,
  { bucket, key, versionId }: CopySource,
  conditions: ReadConditions | undefined,
  options: Pick<GetOptions, 'range' | 'signal'>,
): Promise<{ readonly store: ObjectStore; readonly result: GetResult }> {
  try {
    const store = await registry.openBucket(bucket)
    const result = await store.get(key, {
      ...options,
      ...(versionId === undefined ? {} : { versionId }),
      ...(conditions === undefined ? {} : { conditions }),
    })
    return { store, result }
  } catch (cause) {
    const error = toS3Error(cause, { bucket, key })
    if (error instanceof S3Error && error.code === 'NotModified') {
      throw new S3Error('PreconditionFailed', {
        details: { Condition: 'x-amz-copy-source-If-None-Match' },
        cause,
      })
    }
    throw error
  }
}
