import { argumentError } from './errors.ts'

/** The checksums that Millrace computes. */
export type Algorithm =
  | 'md5'
  | 'sha1'
  | 'sha256'
  | 'crc32'
  | 'crc32c'
  | 'crc64nvme'
  | 'blake3'
  | 'xxh64'

/** The algorithms whose checksums of neighbouring pieces combine into that of the whole. */
export type CrcAlgorithm = 'crc32' | 'crc32c' | 'crc64nvme'

const DIGEST_LENGTHS: Readonly<Record<Algorithm, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  blake3: 32,
  xxh64: 8,
}

/**
 * Every algorithm, in a fixed order.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ALGORITHMS } from '@millrace/checksums'
 *
 * assert.ok(ALGORITHMS.includes('crc64nvme'))
 * ```
 */
export const ALGORITHMS: readonly Algorithm[] = Object.freeze(
  Object.keys(DIGEST_LENGTHS) as Algorithm[],
)

/**
 * Tells whether a value names an algorithm.
 *
 * @param value anything, for instance a word from a header
 * @returns true if it is one of {@link ALGORITHMS}
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isAlgorithm } from '@millrace/checksums'
 *
 * assert.ok(isAlgorithm('sha256'))
 * assert.ok(!isAlgorithm('toString'))
 * ```
 */
export function isAlgorithm(value: unknown): value is Algorithm {
  return typeof value === 'string' && Object.hasOwn(DIGEST_LENGTHS, value)
}

/**
 * The length of an algorithm's digest.
 *
 * @param algorithm one of {@link ALGORITHMS}
 * @returns bytes
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for any other name
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { digestLength } from '@millrace/checksums'
 *
 * assert.equal(digestLength('crc64nvme'), 8)
 * ```
 */
export function digestLength(algorithm: Algorithm): number {
  checkAlgorithm(algorithm)
  return DIGEST_LENGTHS[algorithm]
}

/** @internal */
export function checkAlgorithm(algorithm: unknown): void {
  if (isAlgorithm(algorithm)) return
  throw argumentError(
    TypeError,
    `Algorithm must be one of ${ALGORITHMS.join(', ')}: ${String(algorithm)}`,
  )
}

/** @internal */
export function checkCrcAlgorithm(algorithm: unknown): void {
  if (algorithm === 'crc32' || algorithm === 'crc32c' || algorithm === 'crc64nvme') return
  throw argumentError(
    TypeError,
    `Only crc32, crc32c and crc64nvme can be combined: ${String(algorithm)}`,
  )
}
