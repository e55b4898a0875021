import type { ByteRange, RangeSpec } from '@millrace/range-planner'
import { ObjectStoreError } from './errors.ts'

/**
 * Resolves a range against an object's size as RFC 9110 §14.1.2 has it: an end beyond the object is cut, a suffix longer
 * than the object is the whole object.
 *
 * @param spec - the range asked for; everything when undefined
 * @param size - the object's size in bytes
 * @param key - for the message
 * @returns the bytes to give, within `[0, size)`
 * @throws {ObjectStoreError} `RANGE_NOT_SATISFIABLE` (with `size` in `details`) where no byte is in the range,
 *   `INVALID_ARGUMENT` where the numbers make no range
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resolveObjectRange } from '@millrace/object-store'
 *
 * assert.deepEqual(resolveObjectRange({ suffix: 3 }, 10, 'a'), { start: 7, end: 10 })
 * assert.throws(() => resolveObjectRange({ start: 10 }, 10, 'a'), { code: 'RANGE_NOT_SATISFIABLE' })
 * ```
 */
export function resolveObjectRange(
  spec: RangeSpec | undefined,
  size: number,
  key: string,
): ByteRange {
  if (spec === undefined) return { start: 0, end: size }
  if ('suffix' in spec) {
    checkOffset(spec.suffix)
    if (spec.suffix === 0 || size === 0) throw notSatisfiable(key, size)
    return { start: Math.max(0, size - spec.suffix), end: size }
  }
  checkOffset(spec.start)
  if (spec.end !== undefined) {
    checkOffset(spec.end)
    if (spec.end <= spec.start) {
      throw new ObjectStoreError(
        'INVALID_ARGUMENT',
        `Range must end after its start: ${spec.start} to ${spec.end}`,
      )
    }
  }
  if (spec.start >= size) throw notSatisfiable(key, size)
  return { start: spec.start, end: Math.min(spec.end ?? size, size) }
}

function checkOffset(offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new ObjectStoreError('INVALID_ARGUMENT', `Range offset must be a whole number: ${offset}`)
  }
}

function notSatisfiable(key: string, size: number): ObjectStoreError {
  return new ObjectStoreError(
    'RANGE_NOT_SATISFIABLE',
    `Range is beyond the object of ${size} bytes: ${key}`,
    { details: { size } },
  )
}

/**
 * Resolves `partNumber` (and `range` within that part) of a read.
 *
 * @param options - what the caller of `get` asked for
 * @param info - the object's size and the sizes of its parts
 * @param key - for the message
 * @returns the bytes to give, within `[0, info.size)`
 * @throws {ObjectStoreError} as {@link resolveObjectRange}; `RANGE_NOT_SATISFIABLE` also for a part that is not there
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resolveGetRange } from '@millrace/object-store'
 *
 * const info = { size: 10, partSizes: [6, 4] }
 * assert.deepEqual(resolveGetRange({ partNumber: 2 }, info, 'a'), { start: 6, end: 10 })
 * assert.deepEqual(resolveGetRange({ range: { suffix: 1 } }, info, 'a'), { start: 9, end: 10 })
 * ```
 */
export function resolveGetRange(
  options: { readonly range?: RangeSpec | undefined; readonly partNumber?: number | undefined },
  info: { readonly size: number; readonly partSizes?: readonly number[] | undefined },
  key: string,
): ByteRange {
  const { partNumber, range } = options
  if (partNumber === undefined) return resolveObjectRange(range, info.size, key)
  const sizes = info.partSizes ?? [info.size]
  const size = sizes[partNumber - 1]
  if (size === undefined) {
    throw new ObjectStoreError(
      'RANGE_NOT_SATISFIABLE',
      `Object has no part ${partNumber}: ${key}`,
      {
        details: { size: info.size, partNumber, parts: sizes.length },
      },
    )
  }
  let offset = 0
  for (let i = 0; i < partNumber - 1; i++) offset += sizes[i] as number
  const within = resolveObjectRange(range, size, key)
  return { start: offset + within.start, end: offset + within.end }
}
