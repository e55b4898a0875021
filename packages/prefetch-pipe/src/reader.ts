import { PrefetchError } from './errors.ts'
import { type ItemSource, openItems } from './item-source.ts'
import type { Locations, Settings } from './options.ts'
import { type Pipe, type PrefetchStats, createPipe } from './pipe.ts'
import type { ReadyQueue, TakenChunk } from './ready-queue.ts'

/** What `prefetch` returns: an iterator that may be read once, and its counters. */
export interface PrefetchStream<T>
  extends AsyncIterableIterator<T, undefined, undefined>,
    AsyncDisposable {
  /** Stops all fetches; resolves once every one of them has stopped. */
  return(): Promise<IteratorReturnResult<undefined>>
  /** The same as `return`, then rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<T, undefined>>
  [Symbol.asyncIterator](): PrefetchStream<T>
  [Symbol.asyncDispose](): Promise<void>
  /** The counters as they are now. */
  stats(): PrefetchStats
}

interface Read<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: unknown) => void
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

const UNSTARTED: PrefetchStats = {
  inFlight: 0,
  queued: 0,
  bufferedBytes: 0,
  peakBuffered: 0,
  reservedBytes: 0,
  depth: 0,
  started: 0,
  refetched: 0,
}

/** Looks all items up before any is fetched, `width` at a time. */
async function locateAll<Item>(
  items: readonly Item[],
  settings: Settings<Item>,
  signal: AbortSignal,
): Promise<readonly Locations[]> {
  const located: Locations[] = []
  let next = 0
  async function lane(): Promise<void> {
    while (next < items.length && !signal.aborted) {
      const index = next++
      located[index] = (await settings.locate?.(items[index] as Item, { signal })) ?? []
    }
  }
  await Promise.all(Array.from({ length: Math.min(settings.maxDepth, items.length) }, lane))
  return located
}

/** Reads a pipe: nothing starts before the first `next()`. */
export function createReader<Item, T>(
  items: Iterable<Item> | AsyncIterable<Item>,
  settings: Settings<Item>,
  queue: ReadyQueue<Item>,
  shape: (taken: TakenChunk<Item>) => T,
): PrefetchStream<T> {
  const { signal } = settings
  const reads: Read<T>[] = []
  const preparing = new AbortController()
  let source: ItemSource<Item> | undefined
  let pipe: Pipe | undefined
  let begun = false
  let delivering = false
  let closed: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  const onAbort = (): void => fail(signal?.reason)

  function end(reason: unknown): Promise<void> {
    if (closed === undefined) {
      begun = true
      signal?.removeEventListener('abort', onAbort)
      preparing.abort(reason)
      closed = pipe?.close(reason) ?? source?.close() ?? Promise.resolve()
      for (const read of reads.splice(0)) answer(read)
    }
    return closed
  }

  function fail(error: unknown): void {
    if (closed !== undefined) return
    failure = { error }
    void end(error)
  }

  /** Answers a read after the end: the first learns of the failure. */
  function answer(read: Read<T>): void {
    const failed = failure
    failure = undefined
    const tell = (): void => (failed === undefined ? read.resolve(DONE) : read.reject(failed.error))
    closed?.then(tell, failed === undefined ? read.reject : tell)
  }

  function finish(): void {
    if (source?.failure === undefined)
      void end(new PrefetchError('ERR_PREFETCH_CLOSED', 'All is read'))
    else fail(source.failure.error)
  }

  /** The next value if there is one; ends the pipe if there can be none. */
  function take(): IteratorYieldResult<T> | undefined {
    const taken = queue.take()
    if (typeof taken === 'string') {
      if (taken === 'empty' && pipe?.exhausted() === true) finish()
      return undefined
    }
    if ('failure' in taken) {
      fail(taken.failure)
      return undefined
    }
    const value = shape(taken)
    pipe?.consumed(taken.held, taken.chunk.length)
    return { done: false, value }
  }

  function changed(): void {
    // A fetch that answers synchronously comes here from within `take`.
    if (delivering || reads.length === 0 || closed !== undefined) return
    delivering = true
    while (reads.length > 0) {
      const result = take()
      if (result === undefined) break
      reads.shift()?.resolve(result)
    }
    delivering = false
    if (reads.length === 0) pipe?.waiting(false)
  }

  function open(located: readonly Locations[] | undefined): void {
    if (closed !== undefined) return
    source = openItems(items, () => {
      pipe?.pump()
      changed()
    })
    pipe = createPipe(source, settings, queue, located, changed)
    if (reads.length > 0) pipe.waiting(true)
    pipe.pump()
    changed()
  }

  function begin(): void {
    begun = true
    if (signal?.aborted === true) return fail(signal.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (settings.locate === undefined || !Array.isArray(items)) return open(undefined)
    locateAll(items, settings, preparing.signal).then(open, fail)
  }

  const stream: PrefetchStream<T> = {
    next() {
      if (!begun) begin()
      if (closed === undefined && reads.length === 0 && pipe !== undefined) {
        const result = take()
        if (result !== undefined) return Promise.resolve(result)
      }
      return new Promise((resolve, reject) => {
        const read = { resolve, reject }
        if (closed !== undefined) return answer(read)
        reads.push(read)
        if (reads.length === 1) pipe?.waiting(true)
      })
    },
    async return() {
      failure = undefined
      await end(new PrefetchError('ERR_PREFETCH_CLOSED', 'The consumer has left'))
      return DONE
    },
    async throw(error) {
      await stream.return()
      throw error
    },
    [Symbol.asyncIterator]: () => stream,
    async [Symbol.asyncDispose]() {
      await stream.return()
    },
    stats: () => pipe?.stats() ?? UNSTARTED,
  }
  return stream
}
