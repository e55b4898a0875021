/** Why a transfer failed for a reason of its own; errors of the store and of the file come out as they are. */
export type RangeEngineErrorCode =
  | 'ERR_RANGE_ENGINE_CHANGED'
  | 'ERR_RANGE_ENGINE_CHECKSUM'
  | 'ERR_RANGE_ENGINE_BROKEN'
  | 'ERR_RANGE_ENGINE_TOO_LARGE'

/** The error of a transfer. Match it by `code`. */
export class RangeEngineError extends Error {
  override readonly name = 'RangeEngineError'
  readonly code: RangeEngineErrorCode
  readonly retryable: boolean

  /**
   * @param code - the reason, for matching
   * @param message - what was wrong and what to do
   * @param options - `cause`, and whether trying again may help
   */
  constructor(
    code: RangeEngineErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** @internal Throws at the call for a number that cannot be. */
export function checkWhole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  throw Object.assign(
    new RangeError(`Cannot use ${name}: expected a whole number of ${least} or more: ${value}`),
    { code: 'ERR_RANGE_ENGINE_INVALID_ARGUMENT' as const, retryable: false as const },
  )
}
