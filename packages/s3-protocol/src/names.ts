import { S3Error } from './errors.ts'
import { S3_LIMITS } from './limits.ts'

const BUCKET = /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/
const RESERVED_PREFIX = /^(?:xn--|sthree-)/
const RESERVED_SUFFIX = /(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/

/**
 * Says whether a name may be a bucket's: S3's rules for general purpose buckets.
 *
 * @param name - what a client calls a bucket
 * @returns true if 3 to 63 characters of `[a-z0-9.-]` and none of the forbidden forms
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isBucketName } from '@millrace/s3-protocol'
 *
 * assert.ok(isBucketName('photos.2026'))
 * assert.ok(!isBucketName('../etc'))
 * assert.ok(!isBucketName('192.168.0.1'))
 * ```
 */
export function isBucketName(name: string): boolean {
  return (
    name.length >= S3_LIMITS.bucketNameMin &&
    name.length <= S3_LIMITS.bucketNameMax &&
    BUCKET.test(name) &&
    !name.includes('..') &&
    !IPV4.test(name) &&
    !RESERVED_PREFIX.test(name) &&
    !RESERVED_SUFFIX.test(name)
  )
}

/**
 * Lets a bucket name pass, or refuses it.
 *
 * @param name - the decoded name
 * @returns the name itself
 * @throws {S3Error} `InvalidBucketName`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkBucketName } from '@millrace/s3-protocol'
 *
 * assert.throws(() => checkBucketName('A'), { code: 'InvalidBucketName', status: 400 })
 * ```
 */
export function checkBucketName(name: string): string {
  if (isBucketName(name)) return name
  throw new S3Error('InvalidBucketName', { details: { BucketName: name.slice(0, 256) } })
}

/**
 * Lets an object key pass, or refuses it: 1 to 1,024 bytes of UTF-8 without NUL. Everything else is a key, `..` and `//`
 * included; what a key means to a file system is for the store to see to.
 *
 * @param key - the decoded key
 * @returns the key itself
 * @throws {S3Error} `KeyTooLongError`, or `InvalidArgument` for an empty key or NUL
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkObjectKey } from '@millrace/s3-protocol'
 *
 * assert.equal(checkObjectKey('a/../b'), 'a/../b')
 * assert.throws(() => checkObjectKey('é'.repeat(513)), { code: 'KeyTooLongError' })
 * ```
 */
export function checkObjectKey(key: string): string {
  // A UTF-16 unit is at most 3 bytes of UTF-8, so that short keys need no counting.
  if (key.length * 3 > S3_LIMITS.keyBytes && Buffer.byteLength(key) > S3_LIMITS.keyBytes) {
    throw new S3Error('KeyTooLongError', {
      details: {
        Size: String(Buffer.byteLength(key)),
        MaxSizeAllowed: String(S3_LIMITS.keyBytes),
      },
    })
  }
  if (key === '' || key.includes('\0')) {
    throw new S3Error('InvalidArgument', {
      message: key === '' ? 'Object key must not be empty' : 'Object key must not contain NUL',
    })
  }
  return key
}
