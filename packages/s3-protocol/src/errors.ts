import { S3_ERRORS, type S3ErrorCode } from './error-table.ts'

const RETRYABLE: ReadonlySet<S3ErrorCode> = new Set([
  'ConditionalRequestConflict',
  'InternalError',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
])

/**
 * An answer that is an error: what an operation throws to have S3's error XML sent.
 *
 * `details` become further elements of the XML (`BucketName`, `ArgumentName`, ...), `headers` further headers of the
 * answer (`Retry-After`, `Content-Range`, ...).
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @example The status comes from the table
 * ```ts
 * import assert from 'node:assert/strict'
 * import { S3Error } from '@millrace/s3-protocol'
 *
 * const error = new S3Error('NoSuchKey', { details: { Key: 'a' } })
 * assert.equal(error.status, 404)
 * assert.equal(error.message, 'The specified key does not exist.')
 * ```
 */
export class S3Error extends Error {
  override readonly name = 'S3Error'
  readonly code: S3ErrorCode
  readonly status: number
  readonly retryable: boolean
  readonly details: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  /**
   * @param code - S3's code; it decides the status
   * @param options - `message` instead of the table's; further elements and headers; the cause
   */
  constructor(
    code: S3ErrorCode,
    options: {
      readonly message?: string
      readonly details?: Readonly<Record<string, string>>
      readonly headers?: Readonly<Record<string, string>>
      readonly cause?: unknown
    } = {},
  ) {
    super(
      options.message ?? S3_ERRORS[code].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.status = S3_ERRORS[code].status
    this.retryable = RETRYABLE.has(code)
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }
}

/** @internal InvalidArgument with the two elements that S3 adds to it. */
export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', {
    message,
    details: { ArgumentName: name, ArgumentValue: value.slice(0, 256) },
  })
}
