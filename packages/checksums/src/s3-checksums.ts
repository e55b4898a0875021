import { type Algorithm, type CrcAlgorithm, checkAlgorithm, digestLength } from './algorithms.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { argumentError, ChecksumError, checkBytes } from './errors.ts'
import { createHasher } from './hasher.ts'

/** The algorithms that S3 takes in `x-amz-checksum-*`. */
export type S3ChecksumAlgorithm = CrcAlgorithm | 'sha1' | 'sha256'

/** How the checksum of a multipart object is made: of its bytes, or of its parts' checksums. */
export type S3ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

/** What S3 calls a checksum, and which types of it a multipart object can have. */
export interface S3Checksum {
  readonly algorithm: S3ChecksumAlgorithm
  /** In `x-amz-checksum-algorithm`, `x-amz-sdk-checksum-algorithm` and `ChecksumAlgorithm`. */
  readonly name: string
  /** The header and the trailer, in lower case. */
  readonly header: string
  /** The XML element in CompleteMultipartUpload, ListParts, GetObjectAttributes, ... */
  readonly element: string
  /** The types a multipart upload may ask for, the one it gets without asking first. */
  readonly types: readonly S3ChecksumType[]
}

function entry(
  algorithm: S3ChecksumAlgorithm,
  ...types: readonly S3ChecksumType[]
): Readonly<S3Checksum> {
  const name = algorithm.toUpperCase()
  return Object.freeze({
    algorithm,
    name,
    header: `x-amz-checksum-${algorithm}`,
    element: `Checksum${name}`,
    types: Object.freeze(types),
  })
}

/**
 * S3's checksums by algorithm.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { S3_CHECKSUMS } from '@millrace/checksums'
 *
 * assert.equal(S3_CHECKSUMS.crc64nvme.header, 'x-amz-checksum-crc64nvme')
 * assert.deepEqual(S3_CHECKSUMS.crc64nvme.types, ['FULL_OBJECT'])
 * ```
 */
export const S3_CHECKSUMS: Readonly<Record<S3ChecksumAlgorithm, S3Checksum>> = Object.freeze({
  crc32: entry('crc32', 'COMPOSITE', 'FULL_OBJECT'),
  crc32c: entry('crc32c', 'COMPOSITE', 'FULL_OBJECT'),
  crc64nvme: entry('crc64nvme', 'FULL_OBJECT'),
  sha1: entry('sha1', 'COMPOSITE'),
  sha256: entry('sha256', 'COMPOSITE'),
})

/**
 * Finds a checksum by S3's name for it (`CRC32C`) or by its header (`x-amz-checksum-crc32c`), in any case.
 *
 * @param text a name or a header
 * @returns the entry of {@link S3_CHECKSUMS}, or undefined
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { findS3Checksum } from '@millrace/checksums'
 *
 * assert.equal(findS3Checksum('X-Amz-Checksum-SHA256')?.algorithm, 'sha256')
 * assert.equal(findS3Checksum('CRC32C')?.algorithm, 'crc32c')
 * assert.equal(findS3Checksum('x-amz-checksum-type'), undefined)
 * ```
 */
export function findS3Checksum(text: string): S3Checksum | undefined {
  const lower = text.toLowerCase()
  return Object.values(S3_CHECKSUMS).find(
    ({ algorithm, header }) => lower === algorithm || lower === header,
  )
}

/**
 * Reads a checksum as it stands in a header: base64 of exactly the digest.
 *
 * @param algorithm decides the length
 * @param text base64
 * @returns the digest
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for an unknown algorithm
 * @throws {ChecksumError} `ERR_CHECKSUMS_MALFORMED` for anything but base64 of that length (S3 answers InvalidRequest, and
 *   InvalidDigest for Content-MD5)
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseChecksum } from '@millrace/checksums'
 *
 * assert.equal(parseChecksum('crc32', 'y/Q5Jg==').length, 4)
 * assert.throws(() => parseChecksum('sha1', 'y/Q5Jg=='), { code: 'ERR_CHECKSUMS_MALFORMED' })
 * ```
 */
export function parseChecksum(algorithm: Algorithm, text: string): Uint8Array {
  checkAlgorithm(algorithm)
  const digest = decodeBase64(text)
  if (digest.length === digestLength(algorithm)) return digest
  throw new ChecksumError(
    'ERR_CHECKSUMS_MALFORMED',
    `Checksum of ${algorithm} must have ${digestLength(algorithm)} bytes: ${digest.length}`,
  )
}

/**
 * The COMPOSITE checksum of a multipart object: the digest of its parts' digests, then `-` and their number.
 *
 * @param algorithm crc32, crc32c, sha1 or sha256
 * @param partDigests the parts' digests in the order of the object, at least one
 * @returns base64, `-`, count
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for an algorithm that has no COMPOSITE checksums
 * @throws {RangeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for no parts, or a digest of the wrong length
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html#ChecksumTypes
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { compositeChecksum, digestOf, encodeBase64 } from '@millrace/checksums'
 *
 * const part = digestOf('sha256', Buffer.from('part'))
 * assert.equal(compositeChecksum('sha256', [part]), `${encodeBase64(digestOf('sha256', part))}-1`)
 * ```
 */
export function compositeChecksum(
  algorithm: S3ChecksumAlgorithm,
  partDigests: Iterable<Uint8Array>,
): string {
  checkAlgorithm(algorithm)
  if (!findS3Checksum(algorithm)?.types.includes('COMPOSITE')) {
    throw argumentError(TypeError, `There are no COMPOSITE checksums of this: ${algorithm}`)
  }
  const { digest, count } = digestOfDigests(algorithm, partDigests)
  return `${encodeBase64(digest)}-${count}`
}

/** @internal The digest of digests laid end to end, and their number. */
export function digestOfDigests(
  algorithm: Algorithm,
  digests: Iterable<Uint8Array>,
): { readonly digest: Uint8Array; readonly count: number } {
  const hasher = createHasher(algorithm)
  let count = 0
  for (const digest of digests) {
    checkBytes('A part digest', digest)
    if (digest.length !== digestLength(algorithm)) {
      throw argumentError(
        RangeError,
        `A part digest must have the ${digestLength(algorithm)} bytes of ${algorithm}: ${digest.length}`,
      )
    }
    hasher.update(digest)
    count += 1
  }
  if (count === 0) throw argumentError(RangeError, 'A multipart object has at least one part: 0')
  return { digest: hasher.digest(), count }
}
