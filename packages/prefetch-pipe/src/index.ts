import { withCode } from './errors.ts'
import { type PrefetchOptions, settle } from './options.ts'
import { type PrefetchStream, createReader } from './reader.ts'
import { orderedQueue, unorderedQueue } from './ready-queue.ts'

export { type ByteBudget, createByteBudget } from './byte-budget.ts'
export { PrefetchError, type PrefetchErrorCode } from './errors.ts'
export {
  DEFAULT_BUDGET,
  DEFAULT_CLOSE_TIMEOUT,
  DEFAULT_INITIAL_DEPTH,
  DEFAULT_MAX_DEPTH,
  DEFAULT_MAX_QUEUED,
  DEFAULT_MIN_DEPTH,
  DEFAULT_RETRIES,
  type FetchContext,
  type FetchedBytes,
  type Locations,
  type PrefetchOptions,
  RETRY_BASE_DELAY,
  RETRY_MAX_DELAY,
  UNKNOWN_LENGTH_WINDOW,
} from './options.ts'
export type { PrefetchStats } from './pipe.ts'
export type { PrefetchStream } from './reader.ts'
export { type PrefetchStall, STALL_AFTER, STALL_CHANNEL } from './stall-watch.ts'

/** What the unordered form yields: bytes, and where they belong. */
export interface PrefetchedSpan<Item> {
  /** The work item these bytes belong to. */
  readonly item: Item
  /** The item's place in `items`, from 0. */
  readonly index: number
  /** Of the chunk's first byte, within the item. */
  readonly offset: number
  readonly chunk: Uint8Array
}

/**
 * Fetches items ahead of their consumer, in parallel, and yields their bytes: in item order as one byte stream, or
 * (`ordered: false`) as they come, each chunk with its item and offset, for a sink that places bytes by position.
 *
 * Fetched bytes are really held, under a budget: an item's expected length is reserved before its fetch starts. The
 * item the consumer waits for always proceeds, so an item larger than the budget streams through what is left. Nothing
 * starts before the first read. However reading ends (finish, error, early return, abort), every fetch that was started
 * is stopped and waited for.
 *
 * Failures follow the table of SeaweedFS's prefetch pipeline. Before an item's first byte: `refresh` looks its
 * locations up anew, once; changed, the fetch is repeated at once; the same, the original error stands. After k bytes:
 * the fetch is resumed at k if `resume` allows. Errors that call themselves retryable are retried with jitter, at most
 * `retries` times. A consumer that fails or leaves never causes a fetch.
 *
 * @param items - the work, in order: byte ranges, parts, keys; pulled only as fast as it is started
 * @param options - `fetch` and limits, see `PrefetchOptions`; lengths in bytes, times in milliseconds
 * @returns a stream to be read once. Yielded chunks belong to the consumer
 * @throws TypeError or RangeError with code `ERR_PREFETCH_BAD_OPTION`, `ERR_PREFETCH_BAD_BUDGET` or
 *   `ERR_PREFETCH_BAD_ITEMS`, at the call. Reading rejects with `signal.reason`, with a fetch's own error unchanged, or
 *   with a `PrefetchError`: `ERR_PREFETCH_SHORT_ITEM`, `ERR_PREFETCH_LONG_ITEM`, `ERR_PREFETCH_BAD_BODY`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { prefetch } from '@millrace/prefetch-pipe'
 *
 * const file = new TextEncoder().encode('the race that turns the mill')
 * const ranges = [{ start: 0, end: 9 }, { start: 9, end: 20 }, { start: 20, end: 28 }]
 * const bytes = prefetch(ranges, {
 *   fetch: async ({ start, end }, { offset }) => file.subarray(start + offset, end),
 * })
 * let text = ''
 * for await (const chunk of bytes) text += new TextDecoder().decode(chunk)
 * assert.equal(text, 'the race that turns the mill')
 * ```
 */
export function prefetch<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: PrefetchOptions<Item> & { readonly ordered: false },
): PrefetchStream<PrefetchedSpan<Item>>
export function prefetch<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: PrefetchOptions<Item> & { readonly ordered?: true },
): PrefetchStream<Uint8Array>
export function prefetch<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: PrefetchOptions<Item> & { readonly ordered?: boolean },
): PrefetchStream<Uint8Array> | PrefetchStream<PrefetchedSpan<Item>> {
  const source = items as Partial<AsyncIterable<Item> & Iterable<Item>> | null | undefined
  if (source?.[Symbol.asyncIterator] === undefined && source?.[Symbol.iterator] === undefined) {
    throw withCode(
      new TypeError('Items must be an iterable, synchronous or not'),
      'ERR_PREFETCH_BAD_ITEMS',
    )
  }
  const settings = settle(options)
  if (options.ordered === false) {
    return createReader(
      items,
      settings,
      unorderedQueue<Item>(settings.budget),
      ({ held: { item, index }, offset, chunk }) => ({ item, index, offset, chunk }),
    )
  }
  return createReader(items, settings, orderedQueue<Item>(settings.budget), ({ chunk }) => chunk)
}
