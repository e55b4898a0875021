/** The S3 error codes with which an aws-chunked body is refused. */
export type AwsChunkedErrorCode =
  | 'BadDigest'
  | 'IncompleteBody'
  | 'InvalidChunkSizeError'
  | 'InvalidRequest'
  | 'MalformedTrailerError'
  | 'SignatureDoesNotMatch'

/**
 * An aws-chunked body that is not what it claims to be: `code` and `status` are those of S3's error answer.
 *
 * Whoever gets it must throw away what the stream gave before: nothing of it may be committed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @example Only a body that broke off is worth sending again
 * ```ts
 * import assert from 'node:assert/strict'
 * import { AwsChunkedError } from '@millrace/aws-chunked'
 *
 * assert.equal(new AwsChunkedError('IncompleteBody', 'The body ended early').retryable, true)
 * assert.equal(new AwsChunkedError('SignatureDoesNotMatch', 'Chunk 3').status, 403)
 * ```
 */
export class AwsChunkedError extends Error {
  override readonly name = 'AwsChunkedError'
  readonly code: AwsChunkedErrorCode
  readonly status: number
  readonly retryable: boolean

  /**
   * @param code S3's error code; it decides the status.
   * @param message What was wrong, fit for the client to read.
   */
  constructor(code: AwsChunkedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.status = code === 'SignatureDoesNotMatch' ? 403 : 400
    this.retryable = code === 'IncompleteBody'
  }
}

/** @internal A `TypeError` or `RangeError` about the caller's own arguments, with a code to match. */
export function argumentError(
  Kind: typeof TypeError | typeof RangeError,
  message: string,
): TypeError & { readonly code: 'ERR_AWS_CHUNKED_INVALID_ARGUMENT' } {
  return Object.assign(new Kind(message), { code: 'ERR_AWS_CHUNKED_INVALID_ARGUMENT' as const })
}

/** @internal */
export function checkSize(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw argumentError(
      RangeError,
      `Cannot use ${name}: expected a whole number of ${least} or more: ${value}`,
    )
  }
}
