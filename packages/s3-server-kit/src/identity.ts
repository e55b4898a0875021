import { S3Error } from '@millrace/s3-protocol'
import {
  type Credentials,
  parseAuthorization,
  type ReceivedRequest,
  SigV4Error,
  type VerifiedIdentity,
  verifyRequest,
} from '@millrace/sigv4'
import { argumentError } from './errors.ts'

/** Who may call: an access key, its secret, and whom it stands for. */
export interface User extends Credentials {
  /** The canonical id: what buckets and objects name as their owner. */
  readonly id: string
  /** @default the canonical id */
  readonly displayName?: string
}

/** Who did call, without any secret. */
export interface Identity {
  readonly id: string
  readonly displayName: string
  readonly accessKeyId: string
}

/** Finds the user of an access key; `undefined` where there is none. */
export type UserLookup = (accessKeyId: string) => User | undefined | Promise<User | undefined>

/** What a request proved about itself; undefined where it carries no credentials at all. */
export type Authentication = VerifiedIdentity<User> | undefined

/** Verifies a request's signature, before anything of its body is read. */
export async function authenticate(
  request: ReceivedRequest & { readonly authorization: string | undefined },
  options: {
    readonly lookup: UserLookup
    readonly region: string
    readonly now: number
    readonly maxSkewMs: number
  },
): Promise<Authentication> {
  try {
    if (request.authorization === undefined && isAnonymous(request)) return undefined
    return await verifyRequest<User>(request, options)
  } catch (error) {
    if (!(error instanceof SigV4Error)) throw error
    throw new S3Error(error.code, { message: error.message, details: error.fields, cause: error })
  }
}

function isAnonymous(request: ReceivedRequest): boolean {
  return !request.target.includes('?') || parseAuthorization(request).kind === 'anonymous'
}

/** The part of an authentication that operations may see. */
export function identityOf(authentication: Authentication): Identity | undefined {
  if (authentication === undefined) return undefined
  const { id, displayName = id } = authentication.credentials
  return { id, displayName, accessKeyId: authentication.accessKeyId }
}

/**
 * Looks users up in a list that does not change.
 *
 * @param users - each with another access key
 * @returns the look-up for `createS3Handler`
 * @throws {TypeError} `ERR_S3_SERVER_KIT_INVALID_ARGUMENT` for an empty key or secret, or a key that occurs twice
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { usersOf } from '@millrace/s3-server-kit'
 *
 * const lookup = usersOf([{ id: 'miller', accessKeyId: 'mill', secretAccessKey: 'race' }])
 * assert.equal((await lookup('mill'))?.id, 'miller')
 * assert.equal(await lookup('toString'), undefined)
 * ```
 */
export function usersOf(users: readonly User[]): UserLookup {
  const byKey = new Map<string, User>()
  for (const user of users) {
    if (user.accessKeyId === '' || user.secretAccessKey === '' || user.id === '') {
      throw argumentError('User needs an id, an access key and a secret')
    }
    if (byKey.has(user.accessKeyId)) {
      throw argumentError(`Access key occurs twice: ${user.accessKeyId}`)
    }
    byKey.set(user.accessKeyId, user)
  }
  return (accessKeyId) => byKey.get(accessKeyId)
}
