import { types } from 'node:util'

/** Why a checksum could not be made, read or used. */
export type ChecksumErrorCode =
  | 'ERR_CHECKSUMS_FINISHED'
  | 'ERR_CHECKSUMS_ENGINE_UNAVAILABLE'
  | 'ERR_CHECKSUMS_MALFORMED'

/** The code of a {@link TypeError} or {@link RangeError} about the caller's own arguments. */
export type ChecksumArgumentErrorCode = 'ERR_CHECKSUMS_INVALID_ARGUMENT'

/**
 * A hasher that is used after its digest, an engine that this machine does not have, or a checksum that is not in the form
 * it must have. Match it by `code`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createHasher } from '@millrace/checksums'
 *
 * const hasher = createHasher('md5')
 * hasher.digest()
 * assert.throws(() => hasher.update(Uint8Array.of(1)), { code: 'ERR_CHECKSUMS_FINISHED', retryable: false })
 * ```
 */
export class ChecksumError extends Error {
  override readonly name = 'ChecksumError'
  readonly code: ChecksumErrorCode
  readonly retryable = false

  /**
   * @param code - the reason, for matching
   * @param message - what was wrong and what to do
   * @param options - `cause`, when another error is behind it
   */
  constructor(code: ChecksumErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** @internal An error about the caller's own arguments, with a code to match. */
export function argumentError(
  Kind: typeof TypeError | typeof RangeError,
  message: string,
): Error & { readonly code: ChecksumArgumentErrorCode; readonly retryable: false } {
  return Object.assign(new Kind(message), {
    code: 'ERR_CHECKSUMS_INVALID_ARGUMENT' as const,
    retryable: false as const,
  })
}

/** @internal Refuses what is not bytes, before an engine meets it. */
export function checkBytes(name: string, value: unknown): void {
  if (!types.isUint8Array(value)) {
    throw argumentError(TypeError, `${name} must be a Uint8Array: ${typeof value}`)
  }
}
