/** What a {@link PooledBuffersError} reports. */
export type PooledBuffersErrorCode =
  | 'ERR_LEASE_RELEASED'
  | 'ERR_LEASE_FOREIGN'
  | 'ERR_LEASE_WRITTEN_AFTER_RELEASE'
  | 'ERR_LEASE_LEAKED'
  | 'ERR_POOLED_BUFFERS_NO_MEMORY'

/**
 * A lease that is misused, or a slab that cannot be had. Match on `code`, not on the class.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createBufferPool } from '@millrace/pooled-buffers'
 *
 * const lease = await createBufferPool({ slotSize: 4096, slots: 1 }).acquire()
 * lease.release()
 * assert.throws(() => lease.release(), { code: 'ERR_LEASE_RELEASED', retryable: false })
 * ```
 */
export class PooledBuffersError extends Error {
  override readonly name = 'PooledBuffersError'
  readonly code: PooledBuffersErrorCode
  /** Whether the same call may succeed later: only for want of memory. */
  readonly retryable: boolean

  constructor(
    code: PooledBuffersErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = code === 'ERR_POOLED_BUFFERS_NO_MEMORY'
  }
}

/** @internal An argument with a value that cannot be. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_POOLED_BUFFERS_INVALID_ARGUMENT' })
}

/** @internal */
export function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw outOfRange(`Cannot use ${name}: expected a whole number of ${least} or more: ${value}`)
  }
}

/** @internal */
export function released(): PooledBuffersError {
  return new PooledBuffersError(
    'ERR_LEASE_RELEASED',
    'Cannot use a lease after its release, release it once and last',
  )
}

/** @internal */
export function foreign(): PooledBuffersError {
  return new PooledBuffersError(
    'ERR_LEASE_FOREIGN',
    'Cannot use bytes that are not in a slot of this pool, acquire a lease of it',
  )
}
