/** What an {@link EncodeStreamError} reports. */
export type EncodeStreamErrorCode =
  | 'ERR_EC_ENCODE_STREAM_NOT_CONSUMED'
  | 'ERR_EC_ENCODE_STREAM_TOO_FEW_FILES'

/**
 * A body that did not become stripes. Match on `code`, not on the class.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { EncodeStreamError } from '@millrace/ec-encode-stream'
 *
 * const error = new EncodeStreamError('ERR_EC_ENCODE_STREAM_NOT_CONSUMED', 'Left before the end')
 * assert.equal(error.retryable, false)
 * ```
 */
export class EncodeStreamError extends Error {
  override readonly name = 'EncodeStreamError'
  readonly code: EncodeStreamErrorCode
  /** Whether the same body may be stored when it is sent again: after too many failed files. */
  readonly retryable: boolean

  constructor(
    code: EncodeStreamErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = code === 'ERR_EC_ENCODE_STREAM_TOO_FEW_FILES'
  }
}

const INVALID_ARGUMENT = 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'

/** @internal An argument of the right kind with a value that cannot be. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: INVALID_ARGUMENT })
}

/** @internal An argument of the wrong kind. */
export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: INVALID_ARGUMENT })
}
