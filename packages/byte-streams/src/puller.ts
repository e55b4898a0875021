import { type AnyIterator, discard, iterate } from './source.ts'

/** @internal Pulls from an iterable by callback, and can be closed while a pull is parked. */
export interface Puller<T> {
  readonly pulling: boolean
  pull(onResult: (result: IteratorResult<T>) => void, onError: (error: unknown) => void): void
  /**
   * Closes the source; results that come later are disposed of. Waits for the source's own clean-up unless a pull is parked
   * (a generator answers `return()` only after the pull, which may be never); `wait` waits even then.
   */
  close(options?: { readonly wait?: boolean }): Promise<void>
}

/** @internal */
export function createPuller<T>(source: AsyncIterable<T> | Iterable<T>): Puller<T> {
  let iterator: AnyIterator<T> | undefined
  let pulling = false
  let ended = false
  let closed = false
  return {
    get pulling() {
      return pulling
    },
    pull(onResult, onError) {
      pulling = true
      void (async () => {
        let result: IteratorResult<T>
        try {
          iterator ??= iterate(source)
          result = await iterator.next()
        } catch (error) {
          ended = true
          pulling = false
          if (!closed) onError(error)
          return
        }
        pulling = false
        if (result.done === true) ended = true
        if (!closed) onResult(result)
        else discard(result.value)
      })()
    },
    async close(options = {}) {
      if (closed) return
      closed = true
      if (ended) return
      iterator ??= iterate(source)
      const closing = (async () => iterator.return?.())()
      if (pulling && options.wait !== true) closing.catch(() => {})
      else await closing
    },
  }
}
