/** Why a set of volumes could not be opened. */
export type VolumeErrorCode =
  | 'ERR_VOLUME_COUNT'
  | 'ERR_VOLUME_FORMAT'
  | 'ERR_VOLUME_VERSION'
  | 'ERR_VOLUME_FOREIGN'
  | 'ERR_VOLUME_DUPLICATE'
  | 'ERR_VOLUME_SCHEME'
  | 'ERR_VOLUME_LOCKED'
  | 'ERR_VOLUME_QUORUM'

/** Volumes that cannot be served as they are. Match it by `code`; nothing on them was changed. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError'
  readonly code: VolumeErrorCode
  readonly retryable = false

  constructor(code: VolumeErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}

/** @internal An error of the caller's, thrown at the call. */
export function argumentError(
  Kind: typeof TypeError | typeof RangeError,
  message: string,
): TypeError | RangeError {
  return Object.assign(new Kind(message), { code: 'ERR_ERASURE_STORE_INVALID_ARGUMENT' })
}
