/** What can be wrong with an argument of this package. */
export type EcArgumentErrorCode =
  | 'ERR_EC_INVALID_SCHEME'
  | 'ERR_EC_INVALID_GEOMETRY'
  | 'ERR_EC_INVALID_ENGINE'
  | 'ERR_EC_INVALID_MEMORY'
  | 'ERR_EC_INVALID_SCRATCH'
  | 'ERR_EC_INVALID_SHARDS'
  | 'ERR_EC_UNEQUAL_SHARDS'
  | 'ERR_EC_OVERLAPPING_SHARDS'
  | 'ERR_EC_OUTSIDE_MEMORY'
  | 'ERR_EC_INVALID_INDEX'
  | 'ERR_EC_TOO_MANY_MISSING'

/** Why the engine asked for cannot run here. */
export type EcCodecErrorCode = 'ERR_EC_NO_SIMD' | 'ERR_EC_KERNEL_UNREADABLE'

/**
 * The engine asked for cannot run here: the platform has no WebAssembly SIMD, or the kernel's file cannot be read.
 * Match it by `code`. (What is wrong with arguments is a `TypeError` or `RangeError` with a `code`.)
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { EcCodecError } from '@millrace/ec-codec'
 *
 * const error = new EcCodecError('ERR_EC_NO_SIMD', 'Cannot compile the kernel: no SIMD')
 * assert.equal(error.code, 'ERR_EC_NO_SIMD')
 * assert.equal(error.retryable, false)
 * ```
 */
export class EcCodecError extends Error {
  override readonly name = 'EcCodecError'
  readonly retryable = false
  readonly code: EcCodecErrorCode

  /**
   * @param code The reason, for matching.
   * @param message What was wrong and what to do.
   * @param options `cause`, the error below.
   */
  constructor(code: EcCodecErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** @internal A `TypeError` with a code. */
export function typeError(
  code: EcArgumentErrorCode,
  message: string,
  options?: { readonly cause?: unknown },
): TypeError & { readonly code: EcArgumentErrorCode } {
  return Object.assign(new TypeError(message, options), { code })
}

/** @internal A `RangeError` with a code. */
export function rangeError(
  code: EcArgumentErrorCode,
  message: string,
): RangeError & { readonly code: EcArgumentErrorCode } {
  return Object.assign(new RangeError(message), { code })
}
