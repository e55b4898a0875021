import { ByteStreamError, checkChunk, checkFunction, checkSize } from './errors.ts'
import type { ByteSource, ByteStage } from './index.ts'
import { checkSource } from './source.ts'

/** What a length check found: handed to `createError`. */
export interface LengthMismatch {
  readonly kind: 'long' | 'short'
  /** Bytes allowed or promised. */
  readonly expected: number
  /** Bytes seen when the check failed; of a body that is too long, not the whole. */
  readonly seen: number
}

/** Options of {@link limitBytes} and {@link exactBytes}. */
export interface LengthOptions {
  /**
   * Makes the error to throw, for instance a protocol's own `EntityTooLarge`.
   * @default a ByteStreamError
   */
  readonly createError?: (mismatch: LengthMismatch) => Error
}

/**
 * Passes bytes through and fails as soon as there are more than `max`. Nothing beyond `max` is passed on.
 *
 * @param max bytes allowed, 0 or more
 * @param options see {@link LengthOptions}
 * @returns a transform
 * @throws {RangeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call; iteration throws {@link ByteStreamError}
 * `ERR_BYTE_STREAMS_TOO_LONG`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect, limitBytes } from '@millrace/byte-streams'
 *
 * const body = [new Uint8Array(3), new Uint8Array(3)]
 * assert.equal((await collect(limitBytes(6)(body))).length, 6)
 * await assert.rejects(collect(limitBytes(5)(body)), { code: 'ERR_BYTE_STREAMS_TOO_LONG' })
 * ```
 */
export function limitBytes(max: number, options: LengthOptions = {}): ByteStage {
  return lengthCheck(max, options, 0)
}

/**
 * Passes bytes through and fails if there are not exactly `length` of them: never a short body with a clean end.
 *
 * @param length bytes promised, 0 or more
 * @param options see {@link LengthOptions}
 * @returns a transform
 * @throws {RangeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call; iteration throws {@link ByteStreamError}
 * `ERR_BYTE_STREAMS_TOO_LONG` or `ERR_BYTE_STREAMS_TOO_SHORT` (retryable)
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect, exactBytes } from '@millrace/byte-streams'
 *
 * assert.equal((await collect(exactBytes(2)([new Uint8Array(2)]))).length, 2)
 * await assert.rejects(collect(exactBytes(2)([new Uint8Array(1)])), { code: 'ERR_BYTE_STREAMS_TOO_SHORT' })
 * ```
 */
export function exactBytes(length: number, options: LengthOptions = {}): ByteStage {
  return lengthCheck(length, options, length)
}

function lengthCheck(most: number, options: LengthOptions, least: number): ByteStage {
  checkSize('length', most, 0)
  const { createError = describe } = options
  checkFunction('createError', createError)
  return (source) => {
    checkSource(source)
    return counted(source, least, most, createError)
  }
}

async function* counted(
  source: ByteSource,
  least: number,
  most: number,
  createError: (mismatch: LengthMismatch) => Error,
): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0
  for await (const chunk of source) {
    checkChunk(chunk)
    seen += chunk.byteLength
    if (seen > most) throw createError({ kind: 'long', expected: most, seen })
    yield chunk
  }
  if (seen < least) throw createError({ kind: 'short', expected: least, seen })
}

function describe({ kind, expected, seen }: LengthMismatch): Error {
  return kind === 'long'
    ? new ByteStreamError(
        'ERR_BYTE_STREAMS_TOO_LONG',
        `Cannot take more than ${expected} bytes: ${seen} or more came`,
      )
    : new ByteStreamError(
        'ERR_BYTE_STREAMS_TOO_SHORT',
        `Cannot end after ${seen} bytes: ${expected} were promised`,
        { retryable: true },
      )
}
