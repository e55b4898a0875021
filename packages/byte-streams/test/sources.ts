import * as fc from 'fast-check'

/** Any bytes, cut anyhow: empty chunks too. */
export const chunks: fc.Arbitrary<Uint8Array[]> = fc.array(fc.uint8Array({ maxLength: 40 }), {
  maxLength: 12,
})

export function joined(list: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(list.flatMap((chunk) => [...chunk]))
}

/** A source that counts what is asked of it, can fail at a chunk, and can park. */
export function probe<T>(
  values: readonly T[],
  end: 'end' | 'park' | Error = 'end',
): AsyncIterable<T> & { pulls: number; returns: number } {
  const state = {
    pulls: 0,
    returns: 0,
    [Symbol.asyncIterator]() {
      const items = values.values()
      return {
        next(): Promise<IteratorResult<T>> {
          state.pulls++
          const item = items.next()
          if (item.done !== true) return Promise.resolve(item)
          if (end === 'park') return new Promise(() => {})
          if (end === 'end') return Promise.resolve({ done: true, value: undefined })
          return Promise.reject(end)
        },
        return(): Promise<IteratorResult<T>> {
          state.returns++
          return Promise.resolve({ done: true, value: undefined })
        },
      }
    },
  }
  return state
}

/** A signal that counts its listeners. */
export function countedSignal(): {
  controller: AbortController
  signal: AbortSignal
  listeners: () => number
} {
  const controller = new AbortController()
  const { signal } = controller
  let count = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  const active = new Set<unknown>()
  signal.addEventListener = (type: string, listener: never, options?: never) => {
    active.add(listener)
    count = active.size
    add(type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: never, options?: never) => {
    active.delete(listener)
    count = active.size
    remove(type, listener, options)
  }
  return { controller, signal, listeners: () => count }
}

export async function soon(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
