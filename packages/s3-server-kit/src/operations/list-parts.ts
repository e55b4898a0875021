import type { BucketRegistry, PartInfo } from '@millrace/object-store'
import type { XmlValue } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { ownerElement } from '../list-entries.ts'
import { checksumElements, checksumName } from '../stated-checksums.ts'

/** ListParts. */
export function listParts(registry: BucketRegistry): Operation<'ListParts'> {
  return async ({ bucket, key, uploadId, partNumberMarker, maxParts }, { signal }) => {
    const store = await registry.openBucket(bucket)
    const upload = await store.resumeMultipart(key, uploadId)
    const { checksum, owner } = upload.options
    let last = 0
    let truncated = false
    const parts = async function* (): AsyncGenerator<XmlValue<'Part'>, void, undefined> {
      let count = 0
      if (maxParts === 0) return
      for await (const part of upload.listParts({ startAfter: partNumberMarker, signal })) {
        if (count === maxParts) {
          truncated = true
          return
        }
        count++
        last = part.partNumber
        yield partElement(part)
      }
    }
    return {
      document: {
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        Initiator: ownerElement(owner),
        Owner: ownerElement(owner),
        StorageClass: 'STANDARD',
        PartNumberMarker: partNumberMarker,
        MaxParts: maxParts,
        ChecksumAlgorithm: checksum && checksumName(checksum.algorithm),
        ChecksumType: checksum?.type,
        Part: parts(),
        NextPartNumberMarker: () => (truncated ? last : undefined),
        IsTruncated: () => truncated,
      },
    }
  }
}

function partElement(part: PartInfo): XmlValue<'Part'> {
  return {
    PartNumber: part.partNumber,
    LastModified: part.lastModified,
    ETag: part.etag,
    Size: part.size,
    ...checksumElements(part.checksums),
  }
}
