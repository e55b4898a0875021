import { argumentError, checkBytes } from './errors.ts'
import { digestOfDigests } from './s3-checksums.ts'

/**
 * The ETag that S3 gives an object put in one request: its MD5 in hexadecimal. Without the quotes of the header.
 *
 * @param md5 the object's MD5, 16 bytes
 * @returns 32 hexadecimal digits
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 * @throws {RangeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for another length
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { digestOf, etagOf } from '@millrace/checksums'
 *
 * assert.equal(etagOf(digestOf('md5', new Uint8Array(0))), 'd41d8cd98f00b204e9800998ecf8427e')
 * ```
 */
export function etagOf(md5: Uint8Array): string {
  checkBytes('MD5', md5)
  if (md5.length !== 16) throw argumentError(RangeError, `MD5 must have 16 bytes: ${md5.length}`)
  return Buffer.from(md5.buffer, md5.byteOffset, md5.byteLength).toString('hex')
}

/**
 * The ETag of a multipart object: the MD5 of its parts' MD5s, then `-` and their number. Without the quotes of the header.
 *
 * @param partMd5s the parts' MD5s, 16 bytes each, in the order of the object, at least one
 * @returns 32 hexadecimal digits, `-`, count
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 * @throws {RangeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for no parts, or an MD5 of another length
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { digestOf, multipartEtag } from '@millrace/checksums'
 *
 * const parts = ['a', 'b'].map((text) => digestOf('md5', Buffer.from(text)))
 * assert.match(multipartEtag(parts), /^[0-9a-f]{32}-2$/)
 * ```
 */
export function multipartEtag(partMd5s: Iterable<Uint8Array>): string {
  const { digest, count } = digestOfDigests('md5', partMd5s)
  return `${etagOf(digest)}-${count}`
}
