import { withCode } from './errors.ts'

/**
 * An allowance of bytes held in memory that several pipes may share. Reservations are granted first come, first
 * served, so a large one is never starved by small ones.
 */
export interface ByteBudget {
  /** Bytes that may be held at once. */
  readonly limit: number
  /** Bytes reserved now. Exceeds `limit` only by what `force` took. */
  readonly reserved: number
  /** Most bytes ever reserved at once. */
  readonly peak: number
  /** Reservations that wait. */
  readonly waiting: number
  /** Reserves all of `bytes` now, or nothing. Fails while others wait. */
  tryReserve(bytes: number): boolean
  /** Reserves what is free now, `bytes` at most, past those that wait; returns how many. */
  take(bytes: number): number
  /** Reserves `bytes` even beyond the limit: for bytes that have arrived already. */
  force(bytes: number): void
  /** Calls `granted` once `bytes` (at most `limit`) are reserved. Returns a function that gives up waiting. */
  request(bytes: number, granted: () => void): () => void
  /** Gives bytes back and serves those that wait. */
  release(bytes: number): void
}

/**
 * Creates a byte budget, for one pipe or for all pipes of a process.
 *
 * @param bytes - how many bytes may be held at once; 0 lets fetches start but hold no more than their first chunk
 * @returns the budget, to be passed as `budget` to any number of `prefetch` calls
 * @throws RangeError with code `ERR_PREFETCH_BAD_BUDGET` when `bytes` is not a whole number of 0 or more, and with
 *   code `ERR_PREFETCH_OVER_RELEASE` when more is released than was reserved
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createByteBudget } from '@millrace/prefetch-pipe'
 *
 * const budget = createByteBudget(100)
 * assert.equal(budget.tryReserve(80), true)
 * assert.equal(budget.tryReserve(30), false)
 * budget.release(80)
 * assert.equal(budget.reserved, 0)
 * ```
 */
export function createByteBudget(bytes: number): ByteBudget {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw withCode(
      new RangeError(`Budget must be a whole number of bytes, 0 or more: ${bytes}`),
      'ERR_PREFETCH_BAD_BUDGET',
    )
  }
  const waiters: { readonly bytes: number; readonly granted: () => void }[] = []
  let reserved = 0
  let peak = 0
  const reserve = (count: number): void => {
    reserved += count
    if (reserved > peak) peak = reserved
  }
  const serve = (): void => {
    for (let first = waiters[0]; first !== undefined; first = waiters[0]) {
      if (first.bytes > bytes - reserved) return
      waiters.shift()
      reserve(first.bytes)
      first.granted()
    }
  }
  return {
    limit: bytes,
    get reserved() {
      return reserved
    },
    get peak() {
      return peak
    },
    get waiting() {
      return waiters.length
    },
    tryReserve(count) {
      if (count > 0 && (waiters.length > 0 || count > bytes - reserved)) return false
      reserve(count)
      return true
    },
    take(count) {
      const taken = Math.max(0, Math.min(count, bytes - reserved))
      reserve(taken)
      return taken
    },
    force: reserve,
    request(count, granted) {
      const waiter = { bytes: Math.min(count, bytes), granted }
      waiters.push(waiter)
      serve()
      return () => {
        const index = waiters.indexOf(waiter)
        if (index === -1) return
        waiters.splice(index, 1)
        // The one behind may be small enough for what the leaver could not use.
        if (index === 0) serve()
      }
    },
    release(count) {
      if (count > reserved) {
        throw withCode(
          new RangeError(`Cannot release more than is reserved: ${count} of ${reserved} bytes`),
          'ERR_PREFETCH_OVER_RELEASE',
        )
      }
      reserved -= count
      if (waiters.length > 0) serve()
    },
  }
}
