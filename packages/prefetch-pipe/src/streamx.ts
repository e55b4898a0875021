import { toStreamxReadable } from '@millrace/byte-streams/streamx'
import type { Readable } from 'streamx'
import { prefetch } from './index.ts'
import type { PrefetchOptions } from './options.ts'

/**
 * `prefetch` as a streamx Readable, for the start of streamx's `pipeline()`. Destroying it stops all fetches.
 *
 * @param items - the work, as for `prefetch`
 * @param options - as for `prefetch`; with `ordered: false` the Readable carries `PrefetchedSpan`s. An abort destroys
 *   the stream with `signal.reason` itself
 * @returns a Readable that starts nothing before it is read
 * @throws TypeError or RangeError, at the call, as `prefetch`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise } from 'streamx'
 * import { toStreamxWritable } from '@millrace/byte-streams/streamx'
 * import { prefetchReadable } from '@millrace/prefetch-pipe/streamx'
 *
 * const seen: number[] = []
 * await pipelinePromise(
 *   prefetchReadable([1, 2, 3], { fetch: async (item) => Uint8Array.of(item) }),
 *   toStreamxWritable(async (source: AsyncIterable<Uint8Array>) => {
 *     for await (const chunk of source) seen.push(...chunk)
 *   }),
 * )
 * assert.deepEqual(seen, [1, 2, 3])
 * ```
 */
export function prefetchReadable<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: PrefetchOptions<Item> & { readonly ordered?: boolean },
): Readable {
  // The Readable follows the signal and closes the pipe: a second listener would only race with it.
  const { signal, ...rest } = options
  const { ordered } = options
  const stream =
    ordered === false
      ? prefetch(items, { ...rest, ordered: false })
      : prefetch(items, { ...rest, ordered: true })
  return toStreamxReadable<unknown>(stream, signal === undefined ? {} : { signal })
}
