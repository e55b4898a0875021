import type { BucketRegistry } from '@millrace/object-store'
import type { Operation } from '../context.ts'
import { listOptions, objectElements } from '../list-entries.ts'
import { pageOf } from '../page.ts'

/** ListObjects, version 1. */
export function listObjects(registry: BucketRegistry): Operation<'ListObjects'> {
  return async (input, { signal }) => {
    const store = await registry.openBucket(input.bucket)
    const page = pageOf(store.list(listOptions(input, input.marker, signal)), input.maxKeys)
    return {
      encodingType: input.encodingType,
      document: {
        Name: input.bucket,
        Prefix: input.prefix,
        Marker: input.marker,
        MaxKeys: input.maxKeys,
        Delimiter: input.delimiter === '' ? undefined : input.delimiter,
        EncodingType: input.encodingType,
        Contents: objectElements(page.entries, true),
        CommonPrefixes: () => page.prefixes,
        IsTruncated: () => page.truncated,
        // Without a delimiter the last key itself is the next marker.
        NextMarker: () => (page.truncated && input.delimiter !== '' ? page.last : undefined),
      },
    }
  }
}
