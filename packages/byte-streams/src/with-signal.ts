import { checkSignal } from './errors.ts'
import { checkSource, discard, iterate } from './source.ts'

/**
 * Ends an iteration with `signal.reason` when the signal aborts, even while the source is parked, and closes the source.
 *
 * A source that is parked when the abort comes is told to close but not waited for, since it may never answer; a
 * Disposable value (a Lease) that comes too late is disposed of.
 *
 * @param source what to iterate over
 * @param signal one listener is added at the first pull and removed at the end; `undefined` passes everything through
 * @returns a lazy generator of the source's own values
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call: no iterable, or no AbortSignal
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect, withSignal } from '@millrace/byte-streams'
 *
 * const controller = new AbortController()
 * const parked = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
 * const collecting = collect(withSignal(parked, controller.signal))
 * controller.abort(new Error('Enough'))
 * await assert.rejects(collecting, { message: 'Enough' })
 * ```
 */
export function withSignal<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  checkSource(source)
  checkSignal(signal)
  return signal === undefined ? passThrough(source) : guarded(source, signal)
}

async function* passThrough<T>(
  source: AsyncIterable<T> | Iterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* source
}

async function* guarded<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = iterate(source)
  // Not Promise.race against one long-lived promise: each race would leave a reaction on it for as long as it lives.
  let rejectPull: ((reason: unknown) => void) | undefined
  let parked = false
  let ended = false
  const onAbort = (): void => rejectPull?.(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const pull = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      rejectPull = reject
      parked = true
      void (async () => {
        try {
          const result = await iterator.next()
          if (result.done === true) ended = true
          else if (signal.aborted) discard(result.value)
          resolve(result)
        } catch (error) {
          ended = true
          reject(error)
        }
        parked = false
      })()
    })
  try {
    while (true) {
      signal.throwIfAborted()
      const result = await pull()
      signal.throwIfAborted()
      if (result.done === true) return
      yield result.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    if (!ended) {
      const closing = (async () => iterator.return?.())()
      if (parked) closing.catch(() => {})
      else if (signal.aborted) await closing.catch(() => {})
      else await closing
    }
  }
}
