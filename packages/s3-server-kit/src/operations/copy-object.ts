import type { BucketRegistry, GetResult, PutOptions } from '@millrace/object-store'
import { CHECKSUM_HEADERS, type CopyObjectInput, S3_LIMITS, S3Error } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { openCopySource } from '../copy-source.ts'
import { versionIdOf } from '../object-output.ts'
import { checksumElements } from '../stated-checksums.ts'

/** CopyObject: the bytes stream from store to store. */
export function copyObject(registry: BucketRegistry): Operation<'CopyObject'> {
  return async (input, { identity, signal }) => {
    const { source, bucket, key } = input
    const onItself =
      source.bucket === bucket && source.key === key && source.versionId === undefined
    if (onItself && !input.replaceMetadata) {
      throw new S3Error('InvalidRequest', {
        message:
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
      })
    }
    const target = await registry.openBucket(bucket)
    const from = await openCopySource(registry, source, input.sourceConditions, { signal })
    await using result = from.result
    if (result.info.size > S3_LIMITS.putSize) {
      throw new S3Error('InvalidRequest', {
        message: `The specified copy source is larger than the maximum allowable size for a copy source: ${S3_LIMITS.putSize}`,
      })
    }
    const put = await target.put(key, result.body, {
      ...copyOptions(input, result),
      ...(identity === undefined ? {} : { owner: identity.id }),
      signal,
    })
    return {
      document: {
        LastModified: put.lastModified,
        ETag: put.etag,
        ChecksumType: put.checksums[0]?.type,
        ...checksumElements(put.checksums),
      },
      versionId: versionIdOf(target, put.versionId),
      sourceVersionId: versionIdOf(from.store, result.info.versionId),
    }
  }
}

function copyOptions(input: CopyObjectInput, { info }: GetResult): PutOptions {
  const { replaceMetadata, conditions, checksumAlgorithm } = input
  const name = checksumAlgorithm && CHECKSUM_HEADERS[checksumAlgorithm].name
  // A checksum of all the bytes stays true of the copy; one of parts does not, for the copy has none.
  const kept = info.checksums.filter(({ type }) => type === 'FULL_OBJECT')
  return {
    size: info.size,
    headers: replaceMetadata ? input.headers : info.headers,
    metadata: replaceMetadata ? input.metadata : info.metadata,
    ...(conditions === undefined ? {} : { conditions }),
    ...(name === undefined ? {} : { digests: [name] }),
    beforeCommit: ({ digests }) => {
      const digest = name && digests[name]
      if (name === undefined || digest === undefined) return { checksums: kept }
      const value = Buffer.from(digest).toString('base64')
      return { checksums: [{ algorithm: name, value, type: 'FULL_OBJECT' }] }
    },
  }
}
