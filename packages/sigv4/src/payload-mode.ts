import { SigV4Error } from './errors.ts'

/** `x-amz-content-sha256` of a request without a body: the SHA-256 of nothing. */
export const EMPTY_PAYLOAD_SHA256 =
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' as const
/** `x-amz-content-sha256` of a body that the signature does not cover. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD' as const
/** `x-amz-content-sha256` of an aws-chunked body whose chunks are signed one by one. */
export const STREAMING_SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' as const
/** `x-amz-content-sha256` of an aws-chunked body with signed chunks and a signed trailer. */
export const STREAMING_SIGNED_TRAILER = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER' as const
/** `x-amz-content-sha256` of an aws-chunked body without chunk signatures, its checksum in the trailer. */
export const STREAMING_UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' as const

/**
 * How the body is covered: by its hash, not at all, or as an aws-chunked stream of one of three kinds.
 *
 * The last three are the modes of `@millrace/aws-chunked`.
 */
export type PayloadMode = 'hash' | 'unsigned' | 'signed' | 'signed-trailer' | 'unsigned-trailer'

const MODES: ReadonlyMap<string, PayloadMode> = new Map([
  [UNSIGNED_PAYLOAD, 'unsigned'],
  [STREAMING_SIGNED, 'signed'],
  [STREAMING_SIGNED_TRAILER, 'signed-trailer'],
  [STREAMING_UNSIGNED_TRAILER, 'unsigned-trailer'],
])

/**
 * Tells what an `x-amz-content-sha256` value promises about the body.
 *
 * @param value 64 hex digits, `UNSIGNED-PAYLOAD` or one of the `STREAMING-...` values.
 * @returns The mode.
 * @throws {SigV4Error} `InvalidArgument` for any other value, `NotImplemented` for the ECDSA (SigV4A) modes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @example Which decoder does the body need
 * ```ts
 * import assert from 'node:assert/strict'
 * import { payloadModeOf } from '@millrace/sigv4'
 *
 * assert.equal(payloadModeOf('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), 'unsigned-trailer')
 * assert.equal(payloadModeOf('0'.repeat(64)), 'hash')
 * ```
 */
export function payloadModeOf(value: string): PayloadMode {
  const mode = MODES.get(value)
  if (mode !== undefined) return mode
  if (/^[0-9a-f]{64}$/.test(value)) return 'hash'
  if (value.startsWith('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD')) {
    throw new SigV4Error('NotImplemented', 'Signature Version 4A is not supported')
  }
  throw new SigV4Error(
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING value or a valid sha256 value in lower case',
    { ArgumentName: 'x-amz-content-sha256', ArgumentValue: value.slice(0, 256) },
  )
}

/** True for the three aws-chunked modes. */
export function isStreaming(mode: PayloadMode): boolean {
  return mode !== 'hash' && mode !== 'unsigned'
}
