import { type BucketRegistry, compareKeys } from '@millrace/object-store'
import { encodeContinuationToken, type XmlValue } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'

/** ListBuckets: the caller's own, and those nobody owns that the caller may look at. */
export function listBuckets(registry: BucketRegistry): Operation<'ListBuckets'> {
  return async (
    { prefix, maxBuckets, startAfter, paged },
    { identity, signal, region, allows },
  ) => {
    let last = ''
    let truncated = false
    const buckets = async function* (): AsyncGenerator<XmlValue<'Bucket'>, void, undefined> {
      let count = 0
      for await (const { name, created } of registry.listBuckets({ signal })) {
        if (!name.startsWith(prefix) || compareKeys(name, startAfter) <= 0) continue
        if (!(await allows({ operation: 'HeadBucket', bucket: name, key: '' }))) continue
        if (paged && count === maxBuckets) {
          truncated = true
          return
        }
        count++
        last = name
        yield paged
          ? { Name: name, CreationDate: created, BucketRegion: region }
          : { Name: name, CreationDate: created }
      }
    }
    const page: XmlValue<'Bucket'>[] = []
    for await (const bucket of buckets()) page.push(bucket)
    return {
      document: {
        Owner: identity && { ID: identity.id, DisplayName: identity.displayName },
        Buckets: { Bucket: page },
        Prefix: prefix === '' ? undefined : prefix,
        ContinuationToken: truncated ? encodeContinuationToken(last) : undefined,
      },
    }
  }
}
