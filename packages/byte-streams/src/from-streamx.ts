import { getStreamError, type Readable } from 'streamx'
import { ByteStreamError, checkSignal } from './errors.ts'
import { checkSource, cleansUpUnstarted } from './source.ts'

/**
 * Iterates over a streamx stream. Early return destroys it; a stream that closes before its end is an error.
 *
 * @param readable a streamx Readable, or the readable side of a Duplex
 * @param options `signal`: ends the iteration with `signal.reason`, destroying the stream
 * @returns a lazy generator
 * @throws {ByteStreamError} `ERR_BYTE_STREAMS_PREMATURE_CLOSE` (retryable) during iteration; the stream's own error
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Readable } from 'streamx'
 * import { fromStreamx } from '@millrace/byte-streams/streamx'
 *
 * const seen: unknown[] = []
 * for await (const value of fromStreamx<string>(Readable.from(['a', 'b']))) seen.push(value)
 * assert.deepEqual(seen, ['a', 'b'])
 * ```
 */
export function fromStreamx<T = Uint8Array>(
  readable: Readable,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<T, void, undefined> {
  checkSource(readable)
  checkSignal(options.signal)
  return cleansUpUnstarted(drain<T>(readable, options.signal), () => readable.destroy())
}

async function* drain<T>(
  readable: Readable,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const onAbort = (): void => readable.destroy(signal?.reason as Error)
  if (signal?.aborted === true) {
    readable.destroy()
    throw signal.reason
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for await (const value of readable) {
      signal?.throwIfAborted()
      yield value as T
    }
  } catch (error) {
    signal?.throwIfAborted()
    const own = getStreamError(readable)
    if (own !== null) throw own
    if ((error as { code?: unknown } | null)?.code !== 'STREAM_DESTROYED') throw error
    throw new ByteStreamError(
      'ERR_BYTE_STREAMS_PREMATURE_CLOSE',
      'Cannot read on: the streamx stream closed before its end',
      { retryable: true, cause: error },
    )
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
