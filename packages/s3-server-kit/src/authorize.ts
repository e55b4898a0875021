import type { BucketRegistry } from '@millrace/object-store'
import type { OperationName } from '@millrace/s3-protocol'
import type { Identity } from './identity.ts'

/** What somebody wants to do, with what. */
export interface Access {
  /** The operation; `GetObject` for the source of a copy, `DeleteObject` for each key of DeleteObjects. */
  readonly operation: OperationName
  /** Empty for ListBuckets. */
  readonly bucket: string
  /** Empty for operations on buckets. The same decoded value that the operation gets. */
  readonly key: string
  readonly versionId?: string | undefined
  /** Undefined for a request without credentials. */
  readonly identity: Identity | undefined
}

/** Says whether an access is allowed. Only `true` allows. */
export type Authorize = (access: Access) => boolean | Promise<boolean>

/**
 * Allows everything to everybody whose signature is good, and nothing to anybody else. For servers with one user.
 *
 * @param access - who wants what
 * @returns true for any identity
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { allowSigned } from '@millrace/s3-server-kit'
 *
 * assert.equal(allowSigned({ operation: 'GetObject', bucket: 'b', key: 'k', identity: undefined }), false)
 * ```
 */
export function allowSigned(access: Access): boolean {
  return access.identity !== undefined
}

/**
 * Allows each user what is in buckets of their own, and to make and list buckets. A bucket without an owner is nobody's.
 *
 * @param registry - knows the owners
 * @param options - `admins`: canonical ids of users who may do everything
 * @returns the rule for `createS3Handler`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryRegistry } from '@millrace/object-store'
 * import { allowOwners } from '@millrace/s3-server-kit'
 *
 * const registry = createMemoryRegistry()
 * await registry.createBucket('photos', { owner: 'miller' })
 * const authorize = allowOwners(registry)
 * const access = { operation: 'GetObject', bucket: 'photos', key: 'a.jpg' } as const
 * const miller = { id: 'miller', displayName: 'Miller', accessKeyId: 'mill' }
 * assert.equal(await authorize({ ...access, identity: miller }), true)
 * assert.equal(await authorize({ ...access, identity: { ...miller, id: 'fox' } }), false)
 * ```
 */
export function allowOwners(
  registry: Pick<BucketRegistry, 'headBucket'>,
  options: { readonly admins?: readonly string[] } = {},
): Authorize {
  const admins = new Set(options.admins)
  return async ({ identity, operation, bucket }) => {
    if (identity === undefined) return false
    if (admins.has(identity.id) || operation === 'ListBuckets' || operation === 'CreateBucket') {
      return true
    }
    return (await registry.headBucket(bucket)).owner === identity.id
  }
}
