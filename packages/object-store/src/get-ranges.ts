import { collect } from '@millrace/byte-streams'
import type { ByteRange } from '@millrace/range-planner'
import { ObjectStoreError } from './errors.ts'
import type { GetOptions, ObjectInfo, ObjectStore } from './port.ts'

/** Two ranges this near or nearer, in bytes, are read with one request: cheaper than a second round trip. */
export const DEFAULT_MAX_GAP: number = 64 * 1024

/** Requests under way at a time in {@link getRanges} when not told otherwise. */
export const DEFAULT_RANGES_CONCURRENCY = 8

/** Most bytes that {@link getRanges} holds when not told otherwise: 256 MiB. */
export const DEFAULT_RANGES_MAX_BYTES: number = 256 * 1024 * 1024

/** Options of {@link getRanges}. */
export interface GetRangesOptions extends Omit<GetOptions, 'range' | 'partNumber'> {
  /** @default DEFAULT_MAX_GAP */
  readonly maxGap?: number
  /** @default DEFAULT_RANGES_CONCURRENCY */
  readonly concurrency?: number
  /**
   * Most bytes read, gaps included.
   *
   * @default DEFAULT_RANGES_MAX_BYTES
   */
  readonly maxBytes?: number
}

/**
 * Reads several ranges of one object with as few requests as pays: near ones are read together, and all come from one
 * version, the first request's.
 *
 * @param store - the store
 * @param key - the object
 * @param ranges - half-open, in any order, overlaps allowed; each must lie within the object
 * @param options - see {@link GetRangesOptions}
 * @returns the bytes of each range, in the order of `ranges`, in arrays of their own
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for a range that is none or for more than `maxBytes`,
 *   `RANGE_NOT_SATISFIABLE` for one that is not within the object, `PRECONDITION_FAILED` when the object changes meanwhile
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, getRanges } from '@millrace/object-store'
 *
 * const store = createMemoryStore()
 * await store.put('abc', [Buffer.from('abcdefgh')])
 * const [tail, head] = await getRanges(store, 'abc', [{ start: 6, end: 8 }, { start: 0, end: 2 }])
 * assert.equal(Buffer.from(tail).toString() + Buffer.from(head).toString(), 'ghab')
 * ```
 */
export async function getRanges(
  store: ObjectStore,
  key: string,
  ranges: readonly ByteRange[],
  options: GetRangesOptions = {},
): Promise<Uint8Array[]> {
  const {
    maxGap = DEFAULT_MAX_GAP,
    concurrency = DEFAULT_RANGES_CONCURRENCY,
    maxBytes = DEFAULT_RANGES_MAX_BYTES,
    ...read
  } = options
  const spans = join(ranges, maxGap)
  const total = spans.reduce((sum, { start, end }) => sum + end - start, 0)
  if (total > maxBytes) {
    throw new ObjectStoreError(
      'INVALID_ARGUMENT',
      `Ranges are more than ${maxBytes} bytes together: ${total}`,
    )
  }
  const results: Uint8Array[] = Array.from({ length: ranges.length })
  let pinned: GetOptions = read
  const readSpan = async (span: Span): Promise<ObjectInfo> => {
    await using result = await store.get(key, { ...pinned, range: span })
    if (result.range.start !== span.start || result.range.end !== span.end) {
      throw new ObjectStoreError(
        'RANGE_NOT_SATISFIABLE',
        `Range ${span.start} to ${span.end} is beyond the object: ${key}`,
        { details: { size: result.info.size } },
      )
    }
    const bytes = await collect(result.body, { maxBytes: span.end - span.start })
    for (const index of span.members) {
      const { start, end } = ranges[index] as ByteRange
      results[index] = bytes.slice(start - span.start, end - span.start)
    }
    return result.info
  }
  const [first, ...rest] = spans
  if (first === undefined) return []
  const info = await readSpan(first)
  pinned = {
    ...read,
    conditions: { ifMatch: [info.etag] },
    ...(info.versionId === 'null' ? {} : { versionId: info.versionId }),
  }
  // The first failure is the one that comes out; the others are awaited, so that nothing runs on behind the caller's back.
  const failures: unknown[] = []
  const work = async (): Promise<void> => {
    for (
      let span = rest.shift();
      span !== undefined && failures.length === 0;
      span = rest.shift()
    ) {
      try {
        await readSpan(span)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, rest.length) }, work))
  if (failures.length > 0) throw failures[0]
  return results
}

interface Span extends ByteRange {
  /** Indexes of the ranges that lie in it. */
  readonly members: readonly number[]
}

function join(ranges: readonly ByteRange[], maxGap: number): Span[] {
  const order = ranges
    .map((range, index) => {
      if (
        !Number.isSafeInteger(range.start) ||
        !Number.isSafeInteger(range.end) ||
        range.start < 0 ||
        range.end <= range.start
      ) {
        throw new ObjectStoreError(
          'INVALID_ARGUMENT',
          `Range must end after its start: ${range.start} to ${range.end}`,
        )
      }
      return { ...range, index }
    })
    .sort((a, b) => a.start - b.start)
  const spans: { start: number; end: number; members: number[] }[] = []
  for (const { start, end, index } of order) {
    const last = spans.at(-1)
    if (last !== undefined && start - last.end <= maxGap) {
      last.end = Math.max(last.end, end)
      last.members.push(index)
    } else {
      spans.push({ start, end, members: [index] })
    }
  }
  return spans
}
