import type { Writable } from 'node:stream'
import { ByteStreamError, checkChunk, checkSignal, wrongType } from './errors.ts'
import type { ByteSource } from './index.ts'
import { checkSource } from './source.ts'
import { withSignal } from './with-signal.ts'

/** @internal */
export function closedEarly(cause?: unknown): ByteStreamError {
  return new ByteStreamError(
    'ERR_BYTE_STREAMS_PREMATURE_CLOSE',
    'Cannot go on: the Node stream closed before its end',
    { retryable: true, cause },
  )
}

/** Options of {@link writeTo}. */
export interface WriteToOptions {
  readonly signal?: AbortSignal | undefined
  /**
   * Whether to end the writable after the last byte, and wait until it has finished.
   * @default true
   */
  readonly end?: boolean
}

/**
 * Makes a Node Writable (a file, a socket, a response) the sink of a pipe, with backpressure. If the source fails, or on
 * abort, the writable is destroyed: its reader sees a broken stream, never a short one with a clean end. If the writable
 * fails or closes early, the source is closed at once, also while it is parked.
 *
 * @param writable takes the bytes; it is done with a chunk when it has been flushed
 * @param options see {@link WriteToOptions}
 * @returns a sink: give it a source, await the number of bytes written
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call; the sink rejects with the error of the side that
 * failed first, `signal.reason`, or {@link ByteStreamError} `ERR_BYTE_STREAMS_PREMATURE_CLOSE`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { PassThrough } from 'node:stream'
 * import { text } from 'node:stream/consumers'
 * import { writeTo } from '@millrace/byte-streams/node'
 *
 * const through = new PassThrough()
 * const [bytes, read] = await Promise.all([writeTo(through)([Buffer.from('abc')]), text(through)])
 * assert.deepEqual([bytes, read], [3, 'abc'])
 * ```
 */
export function writeTo(
  writable: Writable,
  options: WriteToOptions = {},
): (source: ByteSource) => Promise<number> {
  const { signal, end = true } = options
  if (typeof (writable as Partial<Writable> | null)?.write !== 'function') {
    throw wrongType(`Cannot use writable: expected a Node Writable: ${typeof writable}`)
  }
  checkSignal(signal)
  return (source) => {
    checkSource(source)
    return pour(source, writable, end, signal)
  }
}

async function pour(
  source: ByteSource,
  writable: Writable,
  end: boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  const stopped = new AbortController()
  let unwritten = 0
  let wake: (() => void) | undefined
  const stop = (reason: unknown): void => {
    stopped.abort(reason)
    wake?.()
  }
  const onAbort = (): void => stop(signal?.reason)
  const onError = (error: unknown): void => stop(error)
  const onClose = (): void => stop(closedEarly())
  const onWritten = (): void => {
    unwritten--
    if (unwritten === 0) wake?.()
  }
  const onDrain = (): void => wake?.()
  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  let finished = false
  const onFinish = (): void => {
    finished = true
    writable.off('close', onClose)
    wake?.()
  }
  if (signal?.aborted === true) onAbort()
  else if (writable.destroyed || writable.writableEnded) onClose()
  signal?.addEventListener('abort', onAbort, { once: true })
  writable.on('error', onError).on('drain', onDrain).on('finish', onFinish).on('close', onClose)
  try {
    let bytes = 0
    for await (const chunk of withSignal(source, stopped.signal)) {
      checkChunk(chunk)
      bytes += chunk.byteLength
      unwritten++
      if (!writable.write(chunk, onWritten)) await woken()
    }
    stopped.signal.throwIfAborted()
    if (end) writable.end()
    while (end ? !finished : unwritten > 0) {
      await woken()
      stopped.signal.throwIfAborted()
    }
    return bytes
  } catch (error) {
    // An error listener must stay for the error that destroy() itself emits: this call reports it.
    writable.once('error', () => {})
    writable.destroy(error as Error)
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    writable
      .off('error', onError)
      .off('drain', onDrain)
      .off('finish', onFinish)
      .off('close', onClose)
  }
}
