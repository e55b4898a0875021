import { wrongType } from './errors.ts'

/** @internal Either kind of iterator; awaiting a plain result does no harm. */
export type AnyIterator<T> = AsyncIterator<T> | Iterator<T>

/** @internal Throws at the call, so that a wrong source is not found at the first pull. */
export function checkSource(source: unknown): void {
  if (typeof source === 'string' || ArrayBuffer.isView(source)) {
    throw wrongType('Cannot iterate over bytes one by one, wrap them in an array: [bytes]')
  }
  const candidate = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined
  if (
    typeof candidate?.[Symbol.asyncIterator] !== 'function' &&
    typeof candidate?.[Symbol.iterator] !== 'function'
  ) {
    throw wrongType(`Cannot use source: expected an iterable of chunks: ${typeof source}`)
  }
}

/** @internal */
export function iterate<T>(source: AsyncIterable<T> | Iterable<T>): AnyIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}

/** @internal A value that came too late for anybody: a Lease in it is given back. */
export function discard(value: unknown): void {
  ;(value as Partial<Disposable> | null | undefined)?.[Symbol.dispose]?.()
}

/**
 * @internal Makes `return()` of a generator that was never started run `cleanup`: its own `finally` would not, and what
 * it holds (a socket, a reader's lock) would stay open.
 */
export function cleansUpUnstarted<T>(
  generator: AsyncGenerator<T, void, undefined>,
  cleanup: () => void | Promise<void>,
): AsyncGenerator<T, void, undefined> {
  let started = false
  const next = generator.next.bind(generator)
  const finish = generator.return.bind(generator)
  generator.next = (...args) => {
    started = true
    return next(...args)
  }
  generator.return = async (value) => {
    const first = !started
    started = true
    const result = await finish(value)
    if (first) await cleanup()
    return result
  }
  return generator
}
