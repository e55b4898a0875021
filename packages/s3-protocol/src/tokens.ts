import { S3Error } from './errors.ts'

/**
 * Makes the opaque token with which a client asks for the next page.
 *
 * @param after - the last key or prefix of this page
 * @returns text of `A-Z a-z 0-9 - _`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeContinuationToken, encodeContinuationToken } from '@millrace/s3-protocol'
 *
 * assert.equal(decodeContinuationToken(encodeContinuationToken('a/é')), 'a/é')
 * assert.throws(() => decodeContinuationToken('?'), { code: 'InvalidArgument' })
 * ```
 */
export function encodeContinuationToken(after: string): string {
  return Buffer.from(`1${after}`, 'utf8').toString('base64url')
}

/**
 * The key or prefix that a token stands for.
 *
 * @param token - what the client sent
 * @returns where to go on: strictly after this
 * @throws {S3Error} `InvalidArgument` for a token that this server cannot have made
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeContinuationToken, encodeContinuationToken } from '@millrace/s3-protocol'
 *
 * assert.equal(decodeContinuationToken(encodeContinuationToken('')), '')
 * ```
 */
export function decodeContinuationToken(token: string): string {
  const bytes = Buffer.from(token, 'base64url')
  const text = bytes.toString('utf8')
  if (!text.startsWith('1') || encodeContinuationToken(text.slice(1)) !== token) {
    throw new S3Error('InvalidArgument', {
      message: 'The continuation token provided is incorrect',
      details: { ArgumentName: 'continuation-token' },
    })
  }
  return text.slice(1)
}
