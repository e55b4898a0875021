/**
 * @internal The way from `write(chunk, callback)` to an async iterable, one value at a time: `taken` is called when the
 * reader takes the value, which is the backpressure. Values written after the reader has left are dropped.
 */
export interface Inlet<T> {
  readonly iterable: AsyncIterable<T>
  /** Whether the reader waits for a value now. */
  readonly waiting: boolean
  write(value: T, taken: () => void): void
  end(): void
  fail(error: unknown): void
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void
  reject(error: unknown): void
}

/** @internal */
export function createInlet<T>(): Inlet<T> {
  const waiters: Waiter<T>[] = []
  let offered: { readonly value: T; taken(): void } | undefined
  let failure: { readonly error: unknown } | undefined
  let ended = false

  const release = (): void => {
    const held = offered
    offered = undefined
    held?.taken()
  }
  const iterator: AsyncIterator<T, undefined> = {
    next() {
      if (failure !== undefined) {
        const { error } = failure
        failure = undefined
        ended = true
        return Promise.reject(error)
      }
      if (offered !== undefined) {
        const { value } = offered
        release()
        return Promise.resolve({ done: false, value })
      }
      if (ended) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => waiters.push({ resolve, reject }))
    },
    return() {
      ended = true
      failure = undefined
      release()
      for (const waiter of waiters.splice(0)) waiter.resolve({ done: true, value: undefined })
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return {
    iterable: { [Symbol.asyncIterator]: () => iterator },
    get waiting() {
      return waiters.length > 0
    },
    write(value, taken) {
      const waiter = waiters.shift()
      if (ended || failure !== undefined) taken()
      else if (waiter === undefined) offered = { value, taken }
      else {
        waiter.resolve({ done: false, value })
        taken()
      }
    },
    end() {
      ended = true
      for (const waiter of waiters.splice(0)) waiter.resolve({ done: true, value: undefined })
    },
    fail(error) {
      release()
      if (ended && waiters.length === 0) return
      const [first, ...rest] = waiters.splice(0)
      if (first === undefined) failure = { error }
      else {
        ended = true
        first.reject(error)
      }
      for (const waiter of rest) waiter.resolve({ done: true, value: undefined })
    },
  }
}
