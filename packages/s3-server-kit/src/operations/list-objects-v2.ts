import type { BucketRegistry } from '@millrace/object-store'
import { encodeContinuationToken } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { listOptions, objectElements } from '../list-entries.ts'
import { pageOf } from '../page.ts'

/** ListObjectsV2. */
export function listObjectsV2(registry: BucketRegistry): Operation<'ListObjectsV2'> {
  return async (input, { signal }) => {
    const store = await registry.openBucket(input.bucket)
    const page = pageOf(store.list(listOptions(input, input.after, signal)), input.maxKeys)
    return {
      encodingType: input.encodingType,
      document: {
        Name: input.bucket,
        Prefix: input.prefix,
        StartAfter: input.startAfter,
        ContinuationToken: input.continuationToken,
        MaxKeys: input.maxKeys,
        Delimiter: input.delimiter === '' ? undefined : input.delimiter,
        EncodingType: input.encodingType,
        Contents: objectElements(page.entries, input.fetchOwner),
        CommonPrefixes: () => page.prefixes,
        KeyCount: () => page.count,
        IsTruncated: () => page.truncated,
        NextContinuationToken: () =>
          page.truncated ? encodeContinuationToken(page.last) : undefined,
      },
    }
  }
}
