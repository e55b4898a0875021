import type { BucketRegistry } from '@millrace/object-store'
import {
  type BucketConfigurationName,
  type ObjectConfigurationName,
  S3Error,
  type S3ErrorCode,
  type XmlValue,
} from '@millrace/s3-protocol'
import type { Operation, Operations } from '../context.ts'

/** What S3 answers about a configuration that was never made. */
const ABSENT = {
  GetBucketCors: 'NoSuchCORSConfiguration',
  GetBucketEncryption: 'ServerSideEncryptionConfigurationNotFoundError',
  GetBucketLifecycleConfiguration: 'NoSuchLifecycleConfiguration',
  GetBucketOwnershipControls: 'OwnershipControlsNotFoundError',
  GetBucketPolicy: 'NoSuchBucketPolicy',
  GetBucketPolicyStatus: 'NoSuchBucketPolicy',
  GetBucketReplication: 'ReplicationConfigurationNotFoundError',
  GetBucketTagging: 'NoSuchTagSet',
  GetBucketWebsite: 'NoSuchWebsiteConfiguration',
  GetObjectLockConfiguration: 'ObjectLockConfigurationNotFoundError',
  GetPublicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
} as const satisfies Partial<Record<BucketConfigurationName, S3ErrorCode>>

type AbsentName = keyof typeof ABSENT

/**
 * The sub-resources that clients ask about: they answer as those of an S3 bucket on which nobody has configured anything.
 */
export function configurationOperations(
  registry: BucketRegistry,
): Pick<Operations, BucketConfigurationName | ObjectConfigurationName> {
  const absent = Object.fromEntries(
    Object.entries(ABSENT).map(([name, code]) => [name, absentOperation(registry, code)]),
  ) as Record<AbsentName, (input: { readonly bucket: string }) => Promise<never>>
  const existing = async ({ bucket }: { readonly bucket: string }): Promise<void> => {
    await registry.headBucket(bucket)
  }
  const present = async (
    input: Parameters<Operation<'GetObjectAcl'>>[0],
  ): Promise<string | undefined> => {
    const store = await registry.openBucket(input.bucket)
    const { versionId } = input
    return (await store.head(input.key, versionId === undefined ? {} : { versionId })).owner
  }
  return {
    ...absent,
    GetBucketAccelerateConfiguration: async (input) => {
      await existing(input)
      return { document: {} }
    },
    GetBucketAcl: async ({ bucket }) => ({
      document: fullControl((await registry.headBucket(bucket)).owner),
    }),
    GetBucketLogging: async (input) => {
      await existing(input)
      return { document: {} }
    },
    GetBucketNotificationConfiguration: async (input) => {
      await existing(input)
      return { document: {} }
    },
    GetBucketRequestPayment: async (input) => {
      await existing(input)
      return { document: { Payer: 'BucketOwner' } }
    },
    GetBucketVersioning: async ({ bucket }) => {
      const store = await registry.openBucket(bucket)
      return { document: store.capabilities.versions ? { Status: 'Enabled' } : {} }
    },
    GetObjectAcl: async (input) => ({ document: fullControl(await present(input)) }),
    GetObjectLegalHold: async (input) => {
      await present(input)
      throw new S3Error('NoSuchObjectLockConfiguration')
    },
    GetObjectRetention: async (input) => {
      await present(input)
      throw new S3Error('NoSuchObjectLockConfiguration')
    },
    GetObjectTagging: async (input) => {
      await present(input)
      return { document: { TagSet: {} } }
    },
  }
}

function absentOperation(
  registry: BucketRegistry,
  code: S3ErrorCode,
): (input: { readonly bucket: string }) => Promise<never> {
  return async ({ bucket }) => {
    await registry.headBucket(bucket)
    throw new S3Error(code, { details: { BucketName: bucket } })
  }
}

function fullControl(owner: string | undefined): XmlValue<'AccessControlPolicy'> {
  const ID = owner ?? 'nobody'
  return {
    Owner: { ID, DisplayName: ID },
    AccessControlList: {
      Grant: [{ Grantee: { ID, DisplayName: ID }, Permission: 'FULL_CONTROL' }],
    },
  }
}
