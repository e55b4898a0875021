import { checkRange, checkWhole, RangePlannerError } from './errors.ts'
import type { ByteRange, RangeSpec } from './index.ts'

/** Most ranges that {@link parseRange} takes from one header; RFC 9110 §14.2 lets a server ignore what asks for many. */
export const DEFAULT_MAX_RANGES = 16

/** Options of {@link parseRange}. */
export interface ParseRangeOptions {
  /**
   * Most ranges in one header; a header with more is ignored.
   * @default DEFAULT_MAX_RANGES
   */
  readonly maxRanges?: number
}

/**
 * Reads a `Range` header (RFC 9110 §14.2): `bytes=0-4`, `bytes=5-`, `bytes=-3`, or several with commas and spaces.
 *
 * Whether a range can be satisfied depends on the object's size: see {@link resolveRange}. Positions beyond 2^53 are
 * taken as the largest safe integer.
 *
 * @param text the header's value
 * @param options see {@link ParseRangeOptions}
 * @returns the ranges in the order of the header; `undefined` where the header is to be ignored and the whole object
 * served: no header, another unit than bytes, bad syntax, last before first, or too many ranges
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseRange } from '@millrace/range-planner'
 *
 * assert.deepEqual(parseRange('bytes=0-4, 10-, -3'), [{ start: 0, end: 5 }, { start: 10 }, { suffix: 3 }])
 * assert.equal(parseRange('bytes=5-2'), undefined)
 * ```
 */
export function parseRange(
  text: string | undefined,
  options: ParseRangeOptions = {},
): readonly RangeSpec[] | undefined {
  const { maxRanges = DEFAULT_MAX_RANGES } = options
  checkWhole('maxRanges', maxRanges, 1)
  const value = text?.trim() ?? ''
  const equals = value.indexOf('=')
  if (equals < 0 || value.slice(0, equals).toLowerCase() !== 'bytes') return undefined
  // Empty list elements are to be ignored, within reason (RFC 9110 §5.6.1.2).
  const elements = value.slice(equals + 1).split(',', 2 * maxRanges + 2)
  if (elements.length > 2 * maxRanges + 1) return undefined
  const specs: RangeSpec[] = []
  for (const element of elements) {
    const trimmed = trimSpace(element)
    if (trimmed === '') continue
    const spec = parseSpec(trimmed)
    if (spec === undefined || specs.length === maxRanges) return undefined
    specs.push(spec)
  }
  return specs.length === 0 ? undefined : specs
}

/** Optional white space of HTTP: spaces and tabs only. Not a regular expression, which would backtrack. */
function trimSpace(text: string): string {
  const isSpace = (index: number): boolean => text[index] === ' ' || text[index] === '\t'
  let start = 0
  let end = text.length
  while (start < end && isSpace(start)) start++
  while (end > start && isSpace(end - 1)) end--
  return text.slice(start, end)
}

function parseSpec(text: string): RangeSpec | undefined {
  const match = /^(\d*)-(\d*)$/.exec(text)
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '') return last === '' ? undefined : { suffix: position(last) }
  if (last === '') return { start: position(first) }
  if (BigInt(last) < BigInt(first)) return undefined
  return { start: position(first), end: Math.min(position(last) + 1, Number.MAX_SAFE_INTEGER) }
}

function position(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER)
}

/**
 * Finds the bytes that a range means in an object of a known size, by S3's rules: the end is clipped; the last 0 bytes,
 * a start at or beyond the end, and any range of an empty object cannot be satisfied.
 *
 * @param spec a range as asked for
 * @param size bytes of the object
 * @returns a range of at least one byte; `undefined` where the answer is 416 with a `Content-Range` that gives the size
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resolveRange } from '@millrace/range-planner'
 *
 * assert.deepEqual(resolveRange({ start: 5, end: 100 }, 10), { start: 5, end: 10 })
 * assert.deepEqual(resolveRange({ suffix: 3 }, 10), { start: 7, end: 10 })
 * assert.equal(resolveRange({ start: 10 }, 10), undefined)
 * ```
 */
export function resolveRange(spec: RangeSpec, size: number): ByteRange | undefined {
  checkWhole('size', size)
  checkSpec(spec)
  if ('suffix' in spec) {
    const length = Math.min(spec.suffix, size)
    return length === 0 ? undefined : { start: size - length, end: size }
  }
  const end = Math.min(spec.end ?? size, size)
  return spec.start < end ? { start: spec.start, end } : undefined
}

/**
 * Resolves several ranges and keeps those that can be satisfied, in their order (RFC 9110 §14.1.2).
 *
 * @param specs ranges as asked for
 * @param size bytes of the object
 * @returns the satisfiable ranges; none means 416
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resolveRanges } from '@millrace/range-planner'
 *
 * assert.deepEqual(resolveRanges([{ start: 90 }, { suffix: 1 }], 10), [{ start: 9, end: 10 }])
 * ```
 */
export function resolveRanges(specs: readonly RangeSpec[], size: number): readonly ByteRange[] {
  return specs.flatMap((spec) => resolveRange(spec, size) ?? [])
}

/**
 * Writes a `Range` header.
 *
 * @param specs one range or several, resolved or not; none of them empty
 * @returns for instance `bytes=0-4`
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`: HTTP has no text for a range of no bytes
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatRange } from '@millrace/range-planner'
 *
 * assert.equal(formatRange({ start: 0, end: 5 }), 'bytes=0-4')
 * assert.equal(formatRange([{ start: 5 }, { suffix: 3 }]), 'bytes=5-,-3')
 * ```
 */
export function formatRange(specs: RangeSpec | ByteRange | readonly RangeSpec[]): string {
  const list: readonly RangeSpec[] = Array.isArray(specs) ? specs : [specs]
  if (list.length === 0) throw invalid('Cannot write a Range header without a range')
  return `bytes=${list.map(formatSpec).join(',')}`
}

function formatSpec(spec: RangeSpec): string {
  checkSpec(spec)
  if ('suffix' in spec) return `-${spec.suffix}`
  if (spec.end === undefined) return `${spec.start}-`
  if (spec.end === spec.start) throw invalid(`Cannot write an empty range: ${spec.start}`)
  return `${spec.start}-${spec.end - 1}`
}

/**
 * Writes a `Content-Range` header (RFC 9110 §14.4).
 *
 * @param range what is sent; `undefined` for a 416 answer
 * @param size bytes of the whole object; `undefined` where it is not known
 * @returns for instance `bytes 0-4/10`; for a 416 a star in the range's place
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`: empty, beyond the size, or nothing known at all
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatContentRange } from '@millrace/range-planner'
 *
 * assert.equal(formatContentRange({ start: 0, end: 5 }, 10), 'bytes 0-4/10')
 * assert.match(formatContentRange(undefined, 10), /^bytes [*].10$/)
 * ```
 */
export function formatContentRange(range: ByteRange | undefined, size: number | undefined): string {
  if (size !== undefined) checkWhole('size', size)
  if (range === undefined) {
    if (size === undefined) throw invalid('Cannot write Content-Range: neither range nor size')
    return `bytes */${size}`
  }
  checkRange(range)
  if (range.start === range.end || range.end > (size ?? range.end)) {
    throw invalid(`Cannot write Content-Range: ${range.start} to ${range.end} of ${size}`)
  }
  return `bytes ${range.start}-${range.end - 1}/${size ?? '*'}`
}

/** What a `Content-Range` header says: at least one of the two. */
export interface ContentRange {
  /** What is sent; left out in a 416 answer. */
  readonly range?: ByteRange
  /** Bytes of the whole object, if known. */
  readonly size?: number
}

/**
 * Reads a `Content-Range` header (RFC 9110 §14.4).
 *
 * @param text the header's value
 * @returns what it says; `undefined` if it is absent, not in bytes, or contradicts itself
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseContentRange } from '@millrace/range-planner'
 *
 * assert.deepEqual(parseContentRange('bytes 0-4/10'), { range: { start: 0, end: 5 }, size: 10 })
 * assert.equal(parseContentRange('bytes 0-10/10'), undefined)
 * ```
 */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const match = /^bytes +(?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(text?.trim() ?? '')
  if (match === null) return undefined
  const [, first, last, total] = match
  const size = total === '*' ? undefined : Number(total)
  if (size !== undefined && !Number.isSafeInteger(size)) return undefined
  if (first === undefined) return size === undefined ? undefined : { size }
  const range = { start: Number(first), end: Number(last) + 1 }
  if (!Number.isSafeInteger(range.end) || range.start >= range.end) return undefined
  if (size === undefined) return { range }
  return range.end > size ? undefined : { range, size }
}

function checkSpec(spec: RangeSpec): void {
  if ('suffix' in spec) checkWhole('suffix', spec.suffix)
  else if (spec.end === undefined) checkWhole('start', spec.start)
  else checkRange({ start: spec.start, end: spec.end })
}

function invalid(message: string): RangePlannerError {
  return new RangePlannerError('ERR_RANGE_PLANNER_INVALID_ARGUMENT', message)
}
