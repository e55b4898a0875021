import { checkCrcAlgorithm, type CrcAlgorithm, digestLength } from './algorithms.ts'
import { crcBytes, crcRegister } from './crc.ts'
import { crcAdvance } from './crc-kernel.ts'
import { argumentError, checkBytes } from './errors.ts'

/** A piece of an object for {@link combineCrcs}: its CRC and its length in bytes. */
export interface CrcPart {
  readonly crc: Uint8Array
  readonly length: number
}

function checkPart(algorithm: CrcAlgorithm, name: string, crc: Uint8Array, length: number): void {
  checkBytes(name, crc)
  if (crc.length !== digestLength(algorithm)) {
    throw argumentError(
      RangeError,
      `${name} must have the ${digestLength(algorithm)} bytes of ${algorithm}: ${crc.length}`,
    )
  }
  if (!Number.isSafeInteger(length) || length < 0) {
    throw argumentError(RangeError, `Length must be a non-negative safe integer: ${length}`)
  }
}

/**
 * The CRC of A followed by B, from the CRCs of A and of B, without their bytes. It takes a few microseconds, whatever the
 * length.
 *
 * @param algorithm crc32, crc32c or crc64nvme
 * @param crcA the CRC of the first piece, as {@link digestOf} gives it
 * @param crcB the CRC of the second piece
 * @param lengthB the length of the second piece in bytes
 * @returns the CRC of the whole
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for an algorithm that cannot be combined
 * @throws {RangeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for a CRC of the wrong length, or a length that is none
 * @see https://github.com/madler/zlib/blob/develop/crc32.c crc32_combine: multiplication by x^(8 * lengthB)
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { combineCrc, digestOf } from '@millrace/checksums'
 *
 * const a = digestOf('crc64nvme', Buffer.from('1234'))
 * const b = digestOf('crc64nvme', Buffer.from('56789'))
 * assert.deepEqual(combineCrc('crc64nvme', a, b, 5), digestOf('crc64nvme', Buffer.from('123456789')))
 * ```
 */
export function combineCrc(
  algorithm: CrcAlgorithm,
  crcA: Uint8Array,
  crcB: Uint8Array,
  lengthB: number,
): Uint8Array {
  checkCrcAlgorithm(algorithm)
  checkPart(algorithm, 'The first CRC', crcA, 0)
  checkPart(algorithm, 'The second CRC', crcB, lengthB)
  const whole = crcRegister(crcA)
  crcAdvance(algorithm, whole, lengthB)
  const last = crcRegister(crcB)
  return crcBytes(algorithm, {
    low: (whole.low ^ last.low) >>> 0,
    high: (whole.high ^ last.high) >>> 0,
  })
}

/**
 * The CRC of pieces that follow each other: what S3 calls a FULL_OBJECT checksum, from those of the parts.
 *
 * @param algorithm crc32, crc32c or crc64nvme
 * @param parts in the order of the object
 * @returns the CRC of the whole; of no parts, that of no bytes
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 * @throws {RangeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { combineCrcs, digestOf } from '@millrace/checksums'
 *
 * const parts = ['12', '3456', '789'].map((text) => ({
 *   crc: digestOf('crc32', Buffer.from(text)),
 *   length: text.length,
 * }))
 * assert.deepEqual(combineCrcs('crc32', parts), Uint8Array.of(0xcb, 0xf4, 0x39, 0x26))
 * ```
 */
export function combineCrcs(algorithm: CrcAlgorithm, parts: Iterable<CrcPart>): Uint8Array {
  checkCrcAlgorithm(algorithm)
  let whole: Uint8Array = new Uint8Array(digestLength(algorithm))
  for (const { crc, length } of parts) whole = combineCrc(algorithm, whole, crc, length)
  return whole
}
