import { checkRange, checkWhole, RangePlannerError } from './errors.ts'
import type { ByteRange } from './index.ts'

/** Most ranges that {@link planRanges} makes: beyond it the part size is surely a mistake. */
export const MAX_PLANNED_RANGES = 1_000_000

/** Default of `maxGap` in {@link coalesceRanges}: 1 MiB, as in Arrow's object_store. */
export const DEFAULT_COALESCE_GAP: number = 1024 * 1024

/** Default of `maxLength` in {@link coalesceRanges}: 64 MiB. */
export const DEFAULT_COALESCE_LENGTH: number = 64 * 1024 * 1024

/** Options of {@link planRanges}. */
export interface PlanRangesOptions {
  /** Bytes of each range; the last, and with `align` the first, may be shorter. */
  readonly partSize: number
  /**
   * Inner borders are multiples of it. `partSize` must be one too.
   * @default 1
   */
  readonly align?: number
}

/**
 * Cuts a range into consecutive ranges of one size.
 *
 * @param range what to cut
 * @param options see {@link PlanRangesOptions}
 * @returns ranges in order, without gap or overlap; none for an empty range
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`; `ERR_RANGE_PLANNER_TOO_MANY_RANGES` beyond
 * {@link MAX_PLANNED_RANGES}
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { planRanges } from '@millrace/range-planner'
 *
 * assert.deepEqual(planRanges({ start: 3, end: 10 }, { partSize: 4, align: 4 }), [
 *   { start: 3, end: 4 },
 *   { start: 4, end: 8 },
 *   { start: 8, end: 10 },
 * ])
 * ```
 */
export function planRanges(range: ByteRange, options: PlanRangesOptions): readonly ByteRange[] {
  const { partSize, align = 1 } = options
  checkRange(range)
  checkWhole('align', align, 1)
  checkWhole('partSize', partSize, 1)
  if (partSize % align !== 0) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
      `Cannot use partSize ${partSize}: it is no multiple of align ${align}`,
    )
  }
  const count = Math.ceil((range.end - range.start) / partSize) + 1
  if (count > MAX_PLANNED_RANGES) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_TOO_MANY_RANGES',
      `Cannot plan about ${count} ranges, use a larger partSize: ${partSize}`,
    )
  }
  const ranges: ByteRange[] = []
  for (let start = range.start; start < range.end; ) {
    const next = start + partSize
    const end = Math.min(next - (next % align), range.end)
    ranges.push({ start, end })
    start = end
  }
  return ranges
}

/** Options of {@link coalesceRanges}. */
export interface CoalesceOptions {
  /**
   * Most unwanted bytes to take along between two ranges.
   * @default DEFAULT_COALESCE_GAP
   */
  readonly maxGap?: number
  /**
   * Most bytes of a merged range. A single range may be longer already.
   * @default DEFAULT_COALESCE_LENGTH
   */
  readonly maxLength?: number
}

/**
 * Merges ranges that lie close together, so that fewer requests fetch them. Each range given lies whole in one of the
 * ranges returned; empty ranges vanish.
 *
 * @param ranges in any order, overlapping or not
 * @param options see {@link CoalesceOptions}
 * @returns ranges in order of their start
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { coalesceRanges } from '@millrace/range-planner'
 *
 * const ranges = [{ start: 90, end: 99 }, { start: 0, end: 5 }, { start: 8, end: 10 }]
 * assert.deepEqual(coalesceRanges(ranges, { maxGap: 3 }), [{ start: 0, end: 10 }, { start: 90, end: 99 }])
 * ```
 */
export function coalesceRanges(
  ranges: readonly ByteRange[],
  options: CoalesceOptions = {},
): readonly ByteRange[] {
  const { maxGap = DEFAULT_COALESCE_GAP, maxLength = DEFAULT_COALESCE_LENGTH } = options
  checkWhole('maxGap', maxGap)
  checkWhole('maxLength', maxLength, 1)
  const merged: ByteRange[] = []
  for (const range of sorted(ranges)) {
    const last = merged.at(-1)
    if (last !== undefined && range.start - last.end <= maxGap) {
      const end = Math.max(last.end, range.end)
      if (end === last.end || end - last.start <= maxLength) {
        merged[merged.length - 1] = { start: last.start, end }
        continue
      }
    }
    merged.push(range)
  }
  return merged
}

/**
 * Gives what is left to do of a range: the way to resume.
 *
 * @param whole all that is wanted
 * @param done what is there already, in any order, overlapping or not
 * @returns the ranges of `whole` that no range of `done` touches, in order
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { subtractRanges } from '@millrace/range-planner'
 *
 * assert.deepEqual(subtractRanges({ start: 0, end: 10 }, [{ start: 2, end: 4 }]), [
 *   { start: 0, end: 2 },
 *   { start: 4, end: 10 },
 * ])
 * ```
 */
export function subtractRanges(whole: ByteRange, done: readonly ByteRange[]): readonly ByteRange[] {
  return coverage(whole, done).gaps
}

/**
 * Widens a range so that both ends are multiples of an alignment.
 *
 * @param range what is wanted
 * @param alignment bytes, 1 or more
 * @param options `size`: the end is clipped to it, aligned or not
 * @returns the smallest aligned range around `range`; an empty range stays empty, at its start rounded down
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { alignRange } from '@millrace/range-planner'
 *
 * assert.deepEqual(alignRange({ start: 5, end: 9 }, 4, { size: 10 }), { start: 4, end: 10 })
 * ```
 */
export function alignRange(
  range: ByteRange,
  alignment: number,
  options: { readonly size?: number } = {},
): ByteRange {
  checkRange(range)
  checkWhole('alignment', alignment, 1)
  const { size = Number.MAX_SAFE_INTEGER } = options
  checkWhole('size', size)
  if (range.end > size) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
      `Cannot align range: end ${range.end} is beyond size ${size}`,
    )
  }
  const start = range.start - (range.start % alignment)
  if (range.start === range.end) return { start, end: start }
  const over = range.end % alignment
  return { start, end: Math.min(over === 0 ? range.end : range.end - over + alignment, size) }
}

/** What {@link coverage} found. */
export interface Coverage {
  /** Whether every byte is covered exactly once and nothing lies outside. */
  readonly exact: boolean
  /** Ranges of the whole that are not covered. */
  readonly gaps: readonly ByteRange[]
  /** Ranges that are covered more than once. */
  readonly overlaps: readonly ByteRange[]
  /** Ranges that are covered but lie outside the whole. */
  readonly outside: readonly ByteRange[]
}

/**
 * Checks how ranges cover a whole.
 *
 * @param whole what is to be covered
 * @param ranges in any order
 * @returns see {@link Coverage}; all lists in order and merged
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { coverage } from '@millrace/range-planner'
 *
 * const found = coverage({ start: 0, end: 10 }, [{ start: 6, end: 10 }, { start: 0, end: 5 }])
 * assert.deepEqual([found.exact, found.gaps], [false, [{ start: 5, end: 6 }]])
 * ```
 */
export function coverage(whole: ByteRange, ranges: readonly ByteRange[]): Coverage {
  checkRange(whole)
  const gaps: ByteRange[] = []
  const overlaps: ByteRange[] = []
  const outside: ByteRange[] = []
  let reached = whole.start
  let covered = 0
  for (const range of sorted(ranges)) {
    if (range.start < covered) {
      append(overlaps, { start: range.start, end: Math.min(range.end, covered) })
    }
    covered = Math.max(covered, range.end)
    append(outside, { start: range.start, end: Math.min(range.end, whole.start) })
    append(outside, { start: Math.max(range.start, whole.end), end: range.end })
    append(gaps, { start: reached, end: Math.min(range.start, whole.end) })
    reached = Math.max(reached, Math.min(range.end, whole.end))
  }
  append(gaps, { start: reached, end: whole.end })
  const exact = gaps.length + overlaps.length + outside.length === 0
  return { exact, gaps, overlaps, outside }
}

/** Without the empty ones, by start and then by end. */
function sorted(ranges: readonly ByteRange[]): readonly ByteRange[] {
  for (const range of ranges) checkRange(range)
  return ranges
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map(({ start, end }) => ({ start, end }))
}

/** Ranges come in order of their start; what touches the last one grows it, what is empty or turned round vanishes. */
function append(list: ByteRange[], range: ByteRange): void {
  if (range.start >= range.end) return
  const last = list.at(-1)
  if (last === undefined || range.start > last.end) list.push(range)
  else list[list.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
}
