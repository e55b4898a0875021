import type { BucketRegistry } from '@millrace/object-store'
import { type BodyDigests, parseXml, S3_LIMITS, S3Error } from '@millrace/s3-protocol'
import type { Operation, OperationContext } from '../context.ts'
import { readWhole } from '../whole-body.ts'

/** CreateBucket; the owner is whoever makes it. */
export function createBucket(registry: BucketRegistry): Operation<'CreateBucket'> {
  return async ({ bucket, digests }, context) => {
    const { identity } = context
    await checkLocation(context, digests)
    try {
      await registry.createBucket(bucket, identity === undefined ? {} : { owner: identity.id })
    } catch (cause) {
      if (!isExists(cause)) throw cause
      const { owner } = await registry.headBucket(bucket)
      const mine = owner !== undefined && owner === identity?.id
      throw new S3Error(mine ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists', {
        details: { BucketName: bucket },
        cause,
      })
    }
    return {}
  }
}

function isExists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'BUCKET_EXISTS'
}

async function checkLocation(context: OperationContext, digests: BodyDigests): Promise<void> {
  const { body, region } = context
  if (body.size === 0) return
  const bytes = await readWhole(body, digests, S3_LIMITS.configurationBytes)
  if (bytes.byteLength === 0) return
  const {
    LocationConstraint: location = '',
    Location,
    Bucket,
  } = parseXml('CreateBucketConfiguration', bytes, { maxBytes: S3_LIMITS.configurationBytes })
  if (Location !== undefined || Bucket !== undefined) throw new S3Error('NotImplemented')
  if (location !== '' && location !== region) {
    throw new S3Error('IllegalLocationConstraintException', {
      message: `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    })
  }
}
