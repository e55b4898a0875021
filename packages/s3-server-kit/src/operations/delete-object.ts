import type { BucketRegistry, DeleteOptions } from '@millrace/object-store'
import type { Operation } from '../context.ts'
import { versionIdOf } from '../object-output.ts'

/** DeleteObject; succeeds where there is nothing. */
export function deleteObject(registry: BucketRegistry): Operation<'DeleteObject'> {
  return async ({ bucket, key, versionId, ifMatch }, { signal }) => {
    const store = await registry.openBucket(bucket)
    const options: { -readonly [K in keyof DeleteOptions]: DeleteOptions[K] } = { signal }
    if (versionId !== undefined) options.versionId = versionId
    if (ifMatch !== undefined) options.conditions = { ifMatch }
    const result = await store.delete(key, options)
    return {
      deleteMarker: result.deleteMarker,
      versionId: result.versionId === undefined ? undefined : versionIdOf(store, result.versionId),
    }
  }
}
