/** What a {@link RangePlannerError} reports. */
export type RangePlannerErrorCode =
  | 'ERR_RANGE_PLANNER_INVALID_ARGUMENT'
  | 'ERR_RANGE_PLANNER_OBJECT_TOO_LARGE'
  | 'ERR_RANGE_PLANNER_TOO_MANY_RANGES'

/**
 * A plan that cannot be made. It is a RangeError, since all of them come from arguments; match on `code`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { resolveRange } from '@millrace/range-planner'
 *
 * assert.throws(() => resolveRange({ start: -1 }, 10), {
 *   name: 'RangePlannerError',
 *   code: 'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
 * })
 * ```
 */
export class RangePlannerError extends RangeError {
  override readonly name = 'RangePlannerError'
  readonly code: RangePlannerErrorCode
  /** The same arguments fail again. */
  readonly retryable: boolean = false

  constructor(code: RangePlannerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** @internal */
export function checkWhole(name: string, value: number, least = 0): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
      `Cannot use ${name}: expected a whole number of ${least} or more: ${value}`,
    )
  }
}

/** @internal */
export function checkRange(range: { readonly start: number; readonly end: number }): void {
  checkWhole('start', range.start)
  checkWhole('end', range.end)
  if (range.end < range.start) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
      `Cannot use range: end ${range.end} is before start ${range.start}`,
    )
  }
}
