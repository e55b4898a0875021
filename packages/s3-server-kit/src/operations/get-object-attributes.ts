import type { BucketRegistry, ObjectInfo } from '@millrace/object-store'
import type { GetObjectAttributesInput, XmlValue } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { versionIdOf } from '../object-output.ts'
import { checksumElements } from '../stated-checksums.ts'

/** GetObjectAttributes. */
export function getObjectAttributes(registry: BucketRegistry): Operation<'GetObjectAttributes'> {
  return async (input, { signal }) => {
    const { bucket, key, versionId, attributes } = input
    const store = await registry.openBucket(bucket)
    const info = await store.head(key, versionId === undefined ? { signal } : { signal, versionId })
    const has = (name: string): boolean => attributes.has(name)
    return {
      lastModified: info.lastModified,
      versionId: versionIdOf(store, info.versionId),
      document: {
        ETag: has('ETag') ? info.etag : undefined,
        Checksum:
          has('Checksum') && info.checksums.length > 0
            ? { ...checksumElements(info.checksums), ChecksumType: info.checksums[0]?.type }
            : undefined,
        ObjectParts: has('ObjectParts') ? partsOf(info, input) : undefined,
        StorageClass: has('StorageClass') ? 'STANDARD' : undefined,
        ObjectSize: has('ObjectSize') ? info.size : undefined,
      },
    }
  }
}

function partsOf(
  { partSizes, checksums }: ObjectInfo,
  { maxParts, partNumberMarker }: GetObjectAttributesInput,
): XmlValue<'ObjectParts'> | undefined {
  if (partSizes === undefined) return undefined
  // As S3 has it, single parts are told of only where the upload had checksums.
  if (checksums.length === 0) return { PartsCount: partSizes.length }
  const page = partSizes
    .map((Size, at) => ({ PartNumber: at + 1, Size }))
    .slice(partNumberMarker, partNumberMarker + maxParts)
  const last = page.at(-1)?.PartNumber ?? partNumberMarker
  return {
    PartsCount: partSizes.length,
    PartNumberMarker: partNumberMarker,
    NextPartNumberMarker: last,
    MaxParts: maxParts,
    IsTruncated: last < partSizes.length,
    Part: page,
  }
}
