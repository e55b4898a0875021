import { ChecksumError, checkBytes } from './errors.ts'

/** The longest text that {@link decodeBase64} takes: far beyond any digest, and short enough to refuse a flood. */
export const MAX_BASE64_LENGTH: number = 1024

// RFC 4648, section 4, padding required.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Bytes as base64, the form of checksums in S3's headers and XML.
 *
 * @param bytes a digest
 * @returns base64 with padding
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 * @see https://www.rfc-editor.org/rfc/rfc4648#section-4
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeBase64 } from '@millrace/checksums'
 *
 * assert.equal(encodeBase64(Uint8Array.of(0xcb, 0xf4, 0x39, 0x26)), 'y/Q5Jg==')
 * ```
 */
export function encodeBase64(bytes: Uint8Array): string {
  checkBytes('Bytes', bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/**
 * Reads base64, strictly: the standard alphabet, padding, no white space, no bits left over. So each value has one spelling.
 *
 * @param text at most {@link MAX_BASE64_LENGTH} characters
 * @returns the bytes, in an array of their own
 * @throws {ChecksumError} `ERR_CHECKSUMS_MALFORMED`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeBase64 } from '@millrace/checksums'
 *
 * assert.deepEqual(decodeBase64('y/Q5Jg=='), Uint8Array.of(0xcb, 0xf4, 0x39, 0x26))
 * assert.throws(() => decodeBase64('y/Q5Jh=='), { code: 'ERR_CHECKSUMS_MALFORMED' })
 * ```
 */
export function decodeBase64(text: string): Uint8Array {
  if (typeof text !== 'string' || text.length > MAX_BASE64_LENGTH || !BASE64.test(text)) {
    throw new ChecksumError('ERR_CHECKSUMS_MALFORMED', 'Not base64 with padding (RFC 4648)')
  }
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) {
    throw new ChecksumError('ERR_CHECKSUMS_MALFORMED', 'Base64 has bits left over at its end')
  }
  return new Uint8Array(bytes)
}
