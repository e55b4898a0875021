/** Why the pipe itself failed; a fetch's own errors pass through unchanged. */
export type PrefetchErrorCode =
  | 'ERR_PREFETCH_SHORT_ITEM'
  | 'ERR_PREFETCH_LONG_ITEM'
  | 'ERR_PREFETCH_BAD_BODY'
  | 'ERR_PREFETCH_CLOSED'

/**
 * An error of the pipe: an item brought fewer or more bytes than announced, a fetch returned something that is not
 * bytes, or (as the reason on a fetch's signal) the consumer left. Match it by `code`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { PrefetchError } from '@millrace/prefetch-pipe'
 *
 * const error = new PrefetchError('ERR_PREFETCH_SHORT_ITEM', 'Item 3 is short: 10 of 20 bytes', { retryable: true })
 * assert.equal(error.code, 'ERR_PREFETCH_SHORT_ITEM')
 * assert.equal(error.retryable, true)
 * ```
 */
export class PrefetchError extends Error {
  override readonly name = 'PrefetchError'
  readonly code: PrefetchErrorCode
  readonly retryable: boolean

  /**
   * @param code - the reason, for matching
   * @param message - what was wrong and what to do
   * @param options - `retryable` (whether the same fetch may succeed later, default false) and `cause`
   */
  constructor(
    code: PrefetchErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** Gives an argument error its code: argument errors stay TypeError and RangeError. */
export function withCode<E extends Error, C extends string>(
  error: E,
  code: C,
): E & { readonly code: C; readonly retryable: false } {
  return Object.assign(error, { code, retryable: false as const })
}
