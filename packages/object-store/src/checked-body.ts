import type { ByteSource } from '@millrace/byte-streams'
import { ObjectStoreError } from './errors.ts'

/**
 * Reads a body that is being put: refuses one that is longer or shorter than announced, gives up at once on abort even
 * while the source is silent, and closes the source on every end. Every backend reads its bodies through it.
 *
 * @param source - the body
 * @param options - `size` in bytes where it is known
 * @returns the same chunks
 * @throws {ObjectStoreError} `INCOMPLETE_BODY` when the size differs; `signal.reason` on abort; what the source throws
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkedBody } from '@millrace/object-store'
 *
 * await assert.rejects(async () => {
 *   for await (const chunk of checkedBody([new Uint8Array(3)], { size: 4 })) assert.equal(chunk.length, 3)
 * }, { code: 'INCOMPLETE_BODY' })
 * ```
 */
export async function* checkedBody(
  source: ByteSource,
  options: { readonly size?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, signal } = options
  signal?.throwIfAborted()
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let refuse: ((reason: unknown) => void) | undefined
  const onAbort = (): void => refuse?.(signal?.reason)
  // Not a race against one promise of the abort: that would hold every chunk's reactions until the end.
  const pull = (): Promise<IteratorResult<Uint8Array, unknown>> =>
    new Promise((resolve, reject) => {
      refuse = reject
      Promise.resolve(iterator.next()).then(resolve, reject)
    })
  signal?.addEventListener('abort', onAbort, { once: true })
  let total = 0
  let open = true
  let parked = false
  try {
    for (;;) {
      parked = true
      let step: IteratorResult<Uint8Array, unknown>
      try {
        step = await pull()
      } catch (error) {
        if (!signal?.aborted) open = false
        throw error
      }
      parked = false
      if (step.done === true) {
        open = false
        break
      }
      signal?.throwIfAborted()
      total += step.value.byteLength
      if (size !== undefined && total > size) throw wrongSize(size, total, 'more than')
      yield step.value
      signal?.throwIfAborted()
    }
    if (size !== undefined && total !== size) throw wrongSize(size, total, 'only')
  } finally {
    signal?.removeEventListener('abort', onAbort)
    if (open) {
      const closing = Promise.resolve(iterator.return?.())
      // A source that is silent answers `return()` only after its `next()`: waiting for it could last for ever.
      if (parked) closing.catch(() => {})
      else await closing
    }
  }
}

function wrongSize(expected: number, got: number, word: string): ObjectStoreError {
  return new ObjectStoreError(
    'INCOMPLETE_BODY',
    `Body was to have ${expected} bytes and has ${word} ${word === 'only' ? got : expected}`,
    { details: { expected, got } },
  )
}
