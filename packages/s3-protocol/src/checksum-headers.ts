import { S3Error, invalidArgument } from './errors.ts'
import { type RequestHeaders, decodeBase64, headerOf } from './request-headers.ts'

/** The checksum algorithms of S3, by the names that S3 gives them. */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256'

/** Whether a multipart object's checksum is of all its bytes, or of its parts' checksums. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

/** One algorithm in all the spellings that S3 has for it. */
export interface ChecksumEntry {
  readonly algorithm: ChecksumAlgorithm
  /** As in the names of headers and of `@millrace/checksums`. */
  readonly name: 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256'
  readonly header: string
  readonly element: `Checksum${ChecksumAlgorithm}`
  readonly byteLength: number
  /** What a multipart upload takes when it does not say. */
  readonly defaultType: ChecksumType
  /** CRCs of parts can be combined to that of the whole; hashes cannot. */
  readonly types: readonly ChecksumType[]
}

const BOTH: readonly ChecksumType[] = ['COMPOSITE', 'FULL_OBJECT']

/**
 * The algorithms.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { CHECKSUM_HEADERS } from '@millrace/s3-protocol'
 *
 * assert.equal(CHECKSUM_HEADERS.CRC64NVME.header, 'x-amz-checksum-crc64nvme')
 * ```
 */
export const CHECKSUM_HEADERS: Readonly<Record<ChecksumAlgorithm, ChecksumEntry>> = {
  CRC32: checksumEntry('CRC32', 'crc32', 4, 'COMPOSITE', BOTH),
  CRC32C: checksumEntry('CRC32C', 'crc32c', 4, 'COMPOSITE', BOTH),
  CRC64NVME: checksumEntry('CRC64NVME', 'crc64nvme', 8, 'FULL_OBJECT', ['FULL_OBJECT']),
  SHA1: checksumEntry('SHA1', 'sha1', 20, 'COMPOSITE', ['COMPOSITE']),
  SHA256: checksumEntry('SHA256', 'sha256', 32, 'COMPOSITE', ['COMPOSITE']),
}

function checksumEntry(
  algorithm: ChecksumAlgorithm,
  name: ChecksumEntry['name'],
  byteLength: number,
  defaultType: ChecksumType,
  types: readonly ChecksumType[],
): ChecksumEntry {
  return {
    algorithm,
    name,
    header: `x-amz-checksum-${name}`,
    element: `Checksum${algorithm}`,
    byteLength,
    defaultType,
    types,
  }
}

const ENTRIES: readonly ChecksumEntry[] = Object.values(CHECKSUM_HEADERS)

/** What the client says its body hashes to; to be compared before anything is committed. */
export interface BodyDigests {
  /** Content-MD5, 16 bytes. */
  readonly md5?: Uint8Array
  /** One checksum: its value where a header states it, or undefined where the trailer will. */
  readonly checksum?: {
    readonly algorithm: ChecksumAlgorithm
    /** Base64. */
    readonly value?: string
  }
}

/** The algorithm that a header names. */
export function checksumAlgorithmOf(header: string, value: string): ChecksumAlgorithm {
  const upper = value.toUpperCase()
  if (Object.hasOwn(CHECKSUM_HEADERS, upper)) return upper as ChecksumAlgorithm
  throw invalidArgument(header, value, 'Checksum algorithm provided is unsupported')
}

/**
 * The digests that a request states for its body: Content-MD5, one `x-amz-checksum-...`, or its announcement in
 * `x-amz-trailer`.
 *
 * @param headers - by lower-case name
 * @returns what to compare
 * @throws {S3Error} `InvalidDigest`, `InvalidRequest` for a malformed or a second checksum, `MalformedTrailerError` for a
 *   trailer that is no checksum
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { bodyDigestsOf } from '@millrace/s3-protocol'
 *
 * assert.deepEqual(bodyDigestsOf({ 'x-amz-trailer': 'x-amz-checksum-crc32' }), {
 *   checksum: { algorithm: 'CRC32' },
 * })
 * assert.throws(() => bodyDigestsOf({ 'content-md5': 'AAAA' }), { code: 'InvalidDigest' })
 * ```
 */
export function bodyDigestsOf(headers: RequestHeaders): BodyDigests {
  const contentMd5 = headerOf(headers, 'content-md5')
  const md5 = contentMd5 === undefined ? undefined : decodeBase64(contentMd5, 16)
  if (contentMd5 !== undefined && md5 === undefined) {
    throw new S3Error('InvalidDigest', { details: { 'Content-MD5': contentMd5.slice(0, 256) } })
  }
  const checksum = statedChecksum(headers) ?? trailingChecksum(headers)
  return {
    ...(md5 === undefined ? {} : { md5 }),
    ...(checksum === undefined ? {} : { checksum }),
  }
}

/** The one checksum that a header states, or undefined. */
export function statedChecksum(
  headers: RequestHeaders,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  let stated: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined
  for (const entry of ENTRIES) {
    const value = headerOf(headers, entry.header)
    if (value === undefined) continue
    if (stated !== undefined) {
      throw new S3Error('InvalidRequest', {
        message:
          'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
      })
    }
    checkChecksumValue(entry, value)
    stated = { algorithm: entry.algorithm, value }
  }
  return stated
}

/** Refuses what cannot be a value of the algorithm; multipart composites end in `-N`. */
export function checkChecksumValue(entry: ChecksumEntry, value: string): void {
  if (decodeBase64(value.replace(/-\d{1,5}$/, ''), entry.byteLength) === undefined) {
    throw new S3Error('InvalidRequest', {
      message: `Value for ${entry.header} header is invalid.`,
    })
  }
}

function trailingChecksum(
  headers: RequestHeaders,
): { readonly algorithm: ChecksumAlgorithm } | undefined {
  const trailer = headerOf(headers, 'x-amz-trailer')
  if (trailer === undefined) return undefined
  const entry = ENTRIES.find((one) => one.header === trailer.trim().toLowerCase())
  if (entry === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'The value specified in the x-amz-trailer header is not supported',
    })
  }
  return { algorithm: entry.algorithm }
}

/** What a multipart upload's checksum is to be, from the headers of its creation. */
export function uploadChecksumOf(
  headers: RequestHeaders,
): { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType } | undefined {
  const name = headerOf(headers, 'x-amz-checksum-algorithm')
  const type = checksumTypeOf(headers)
  if (name === undefined) {
    if (type === undefined) return undefined
    throw new S3Error('InvalidRequest', {
      message:
        'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    })
  }
  const entry = CHECKSUM_HEADERS[checksumAlgorithmOf('x-amz-checksum-algorithm', name)]
  if (type !== undefined && !entry.types.includes(type)) {
    throw new S3Error('InvalidRequest', {
      message: `The ${type} checksum type cannot be used with the ${entry.name} checksum algorithm.`,
    })
  }
  return { algorithm: entry.algorithm, type: type ?? entry.defaultType }
}

/** The value of `x-amz-checksum-type`, or undefined. */
export function checksumTypeOf(headers: RequestHeaders): ChecksumType | undefined {
  const type = headerOf(headers, 'x-amz-checksum-type')
  if (type === undefined || type === 'FULL_OBJECT' || type === 'COMPOSITE') return type
  throw invalidArgument(
    'x-amz-checksum-type',
    type,
    'Value for x-amz-checksum-type header is invalid.',
  )
}
