import { PrefetchError } from './errors.ts'
import type { HeldItem } from './held-item.ts'
import type { FetchedBytes } from './options.ts'

/** What reading an item needs of the pipe it belongs to. */
export interface BodyHost {
  /** Aborted on every end of the pipe. */
  readonly signal: AbortSignal
  /** A chunk has come. */
  arrived(held: HeldItem<unknown>, chunk: Uint8Array): void
  /** Undefined when the next chunk may be pulled, else a promise of that moment (or of the pipe's end). */
  room(held: HeldItem<unknown>): Promise<void> | undefined
}

type Step = IteratorResult<Uint8Array, unknown>

interface Body {
  readonly next: () => Step | Promise<Step>
  readonly close: () => unknown
}

interface Source {
  readonly [Symbol.asyncIterator]?: () => AsyncIterator<Uint8Array>
  readonly [Symbol.iterator]?: () => Iterator<Uint8Array>
  readonly destroy?: unknown
}

function openBody(bytes: FetchedBytes): Body {
  const source = (bytes instanceof Uint8Array ? [bytes] : bytes) as Source | null | undefined
  const iterator = source?.[Symbol.asyncIterator]?.() ?? source?.[Symbol.iterator]?.()
  if (iterator === undefined) {
    throw new PrefetchError(
      'ERR_PREFETCH_BAD_BODY',
      `A fetch must return bytes or an iterable of them, not: ${bytes === null ? 'null' : typeof bytes}`,
    )
  }
  let pulled = false
  return {
    next() {
      pulled = true
      return iterator.next()
    },
    close() {
      // The iterator of a Node stream that was never pulled does not destroy the stream.
      if (!pulled && typeof source?.destroy === 'function') return source.destroy()
      return iterator.return?.()
    },
  }
}

function checkChunk(held: HeldItem<unknown>, chunk: unknown): asserts chunk is Uint8Array {
  if (!(chunk instanceof Uint8Array)) {
    throw new PrefetchError(
      'ERR_PREFETCH_BAD_BODY',
      `Item ${held.index} brought a chunk that is not a Uint8Array: ${typeof chunk}`,
    )
  }
  const { length, fetched, index } = held
  if (length === undefined || fetched + chunk.length <= length) return
  throw new PrefetchError(
    'ERR_PREFETCH_LONG_ITEM',
    `Item ${index} brought ${fetched + chunk.length} bytes or more where ${length} were announced`,
  )
}

function checkComplete(held: HeldItem<unknown>): void {
  const { length, fetched, index } = held
  if (length === undefined || fetched === length) return
  throw new PrefetchError(
    'ERR_PREFETCH_SHORT_ITEM',
    `Item ${index} ended after ${fetched} of ${length} bytes`,
    { retryable: true },
  )
}

/** Reads one body into the item, no faster than there is room; closes it whatever happens. */
export async function readBody(
  held: HeldItem<unknown>,
  bytes: FetchedBytes,
  host: BodyHost,
): Promise<void> {
  const body = openBody(bytes)
  let open = true
  let closing: unknown
  held.closeBody = () => {
    if (!open) return
    open = false
    try {
      closing = body.close()
      if (closing instanceof Promise) closing.catch(() => {})
    } catch {
      // The reason for closing is the error that counts.
    }
  }
  try {
    for (;;) {
      const full = host.room(held)
      if (full !== undefined) await full
      host.signal.throwIfAborted()
      const step = body.next()
      const { done, value } = 'then' in step ? await step : step
      host.signal.throwIfAborted()
      if (done) break
      checkChunk(held, value)
      if (value.length > 0) host.arrived(held, value)
    }
    open = false
    checkComplete(held)
  } catch (error) {
    held.closeBody()
    await Promise.resolve(closing).catch(() => {})
    throw error
  } finally {
    held.closeBody = undefined
  }
}
