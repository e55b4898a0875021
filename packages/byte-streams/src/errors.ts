/** What a {@link ByteStreamError} reports. */
export type ByteStreamErrorCode =
  | 'ERR_BYTE_STREAMS_TOO_LONG'
  | 'ERR_BYTE_STREAMS_TOO_SHORT'
  | 'ERR_BYTE_STREAMS_PREMATURE_CLOSE'
  | 'ERR_BYTE_STREAMS_NOT_BYTES'

/**
 * A stream of bytes that is not what it was promised to be. Match on `code`, not on the class.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect, exactBytes } from '@millrace/byte-streams'
 *
 * await assert.rejects(collect(exactBytes(3)([new Uint8Array(2)])), {
 *   code: 'ERR_BYTE_STREAMS_TOO_SHORT',
 *   retryable: true,
 * })
 * ```
 */
export class ByteStreamError extends Error {
  override readonly name = 'ByteStreamError'
  readonly code: ByteStreamErrorCode
  /** Whether the same work may succeed when it is done again: a short or broken body, but not one that is too long. */
  readonly retryable: boolean

  constructor(
    code: ByteStreamErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

const INVALID_ARGUMENT = 'ERR_BYTE_STREAMS_INVALID_ARGUMENT'

/** @internal An argument of the wrong kind. */
export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: INVALID_ARGUMENT })
}

/** @internal An argument of the right kind with a value that cannot be. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: INVALID_ARGUMENT })
}

/** @internal */
export function checkSize(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw outOfRange(`Cannot use ${name}: expected a whole number of ${least} or more: ${value}`)
  }
}

/** @internal */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') {
    throw wrongType(`Cannot use ${name}: expected a function: ${typeof value}`)
  }
}

/** @internal A word from plain JavaScript: anything but a signal would be ignored in silence. */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongType(`Cannot use signal: expected an AbortSignal: ${typeof signal}`)
  }
}

/** @internal */
export function checkChunk(chunk: unknown): void {
  if (!ArrayBuffer.isView(chunk)) {
    throw new ByteStreamError(
      'ERR_BYTE_STREAMS_NOT_BYTES',
      `Cannot pass on a chunk that is not a Uint8Array, encode it first: ${typeof chunk}`,
    )
  }
}
