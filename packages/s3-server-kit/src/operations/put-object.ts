import type { BucketRegistry } from '@millrace/object-store'
import { S3_LIMITS, S3Error } from '@millrace/s3-protocol'
import { checkBody } from '../body-integrity.ts'
import type { Operation } from '../context.ts'
import { versionIdOf } from '../object-output.ts'
import { statedChecksums } from '../stated-checksums.ts'

/** PutObject: the body goes from the socket to the store; nothing is stored unless all that was said of it holds. */
export function putObject(registry: BucketRegistry): Operation<'PutObject'> {
  return async (input, { body, identity, signal }) => {
    if (body.size !== undefined && body.size > S3_LIMITS.putSize) {
      throw new S3Error('EntityTooLarge', {
        details: { ProposedSize: String(body.size), MaxSizeAllowed: String(S3_LIMITS.putSize) },
      })
    }
    const store = await registry.openBucket(input.bucket)
    const { source, options } = checkBody(body, input.digests, store.capabilities)
    const result = await store.put(input.key, source, {
      ...options,
      headers: input.headers,
      metadata: input.metadata,
      ...(input.conditions === undefined ? {} : { conditions: input.conditions }),
      ...(identity === undefined ? {} : { owner: identity.id }),
      signal,
    })
    return {
      etag: result.etag,
      versionId: versionIdOf(store, result.versionId),
      checksums: statedChecksums(result.checksums),
    }
  }
}
