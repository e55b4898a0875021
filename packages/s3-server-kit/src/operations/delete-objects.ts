import type { BucketRegistry, ObjectStore } from '@millrace/object-store'
import { checkObjectKey, parseXml, S3_LIMITS, S3Error, type XmlValue } from '@millrace/s3-protocol'
import type { Operation, OperationContext } from '../context.ts'
import { toS3Error } from '../store-errors.ts'
import { readWhole } from '../whole-body.ts'

/** Keys of one DeleteObjects that are deleted at the same time. */
export const DELETE_CONCURRENCY = 16

type Named = XmlValue<'ObjectIdentifier'>
type Outcome =
  | { readonly deleted: XmlValue<'DeletedObject'> }
  | { readonly failed: XmlValue<'DeleteFailure'> }

/** DeleteObjects: each key is authorised and deleted by itself, and one that fails stops no other. */
export function deleteObjects(registry: BucketRegistry): Operation<'DeleteObjects'> {
  return async (input, context) => {
    const { body } = context
    const bytes = await readWhole(body, input.digests, S3_LIMITS.xmlBytes)
    const { Object: named, Quiet: quiet = false } = parseXml('Delete', bytes)
    const store = await registry.openBucket(input.bucket)
    const outcomes: Outcome[] = []
    let next = 0
    const lane = async (): Promise<void> => {
      for (let at = next++; at < named.length; at = next++) {
        outcomes[at] = await deleteOne(store, input.bucket, named[at] as Named, context)
      }
    }
    await Promise.all(Array.from({ length: Math.min(DELETE_CONCURRENCY, named.length) }, lane))
    return {
      document: {
        Deleted: quiet ? [] : outcomes.flatMap((one) => ('deleted' in one ? [one.deleted] : [])),
        Error: outcomes.flatMap((one) => ('failed' in one ? [one.failed] : [])),
      },
    }
  }
}

async function deleteOne(
  store: ObjectStore,
  bucket: string,
  named: Named,
  { allows, signal }: OperationContext,
): Promise<Outcome> {
  const { Key: key, VersionId: versionId, ETag: ifMatch } = named
  try {
    checkObjectKey(key)
    if (named.LastModifiedTime !== undefined || named.Size !== undefined) {
      throw new S3Error('NotImplemented')
    }
    if (!(await allows({ operation: 'DeleteObject', bucket, key, versionId }))) {
      throw new S3Error('AccessDenied')
    }
    const result = await store.delete(key, {
      signal,
      ...(versionId === undefined ? {} : { versionId }),
      ...(ifMatch === undefined ? {} : { conditions: { ifMatch } }),
    })
    return { deleted: deletedOf(named, result, store.capabilities.versions) }
  } catch (thrown) {
    signal.throwIfAborted()
    const error = toS3Error(thrown, { bucket, key })
    const known = error instanceof S3Error ? error : new S3Error('InternalError')
    return { failed: { Key: key, VersionId: versionId, Code: known.code, Message: known.message } }
  }
}

function deletedOf(
  { Key, VersionId }: Named,
  result: { readonly versionId?: string; readonly deleteMarker: boolean },
  versions: boolean,
): XmlValue<'DeletedObject'> {
  if (!versions || !result.deleteMarker) return { Key, VersionId }
  return { Key, VersionId, DeleteMarker: true, DeleteMarkerVersionId: result.versionId }
}
