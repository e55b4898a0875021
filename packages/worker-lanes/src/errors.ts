/** What a {@link WorkerLanesError} reports. */
export type WorkerLanesErrorCode =
  | 'ERR_WORKER_LANES_CLOSED'
  | 'ERR_WORKER_LANES_QUEUE_FULL'
  | 'ERR_WORKER_LANES_WORKER_LOST'
  | 'ERR_WORKER_LANES_JOB_FAILED'
  | 'ERR_WORKER_LANES_IO_FAILED'
  | 'ERR_WORKER_LANES_NO_WORKERS'

/**
 * A job that did not come to its end. Match on `code`, not on the class.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const lanes = openWorkerLanes({ scheme: { k: 2, m: 1 }, unit: 4096, threads: 1 })
 * await lanes.close()
 * const { slot } = await lanes.pool.acquire()
 * await assert.rejects(lanes.read({ fd: 0, slot, length: 1, position: 0 }), {
 *   code: 'ERR_WORKER_LANES_CLOSED',
 *   retryable: false,
 * })
 * ```
 */
export class WorkerLanesError extends Error {
  override readonly name = 'WorkerLanesError'
  readonly code: WorkerLanesErrorCode
  /** Whether the same job may succeed when it is given again: after a full queue and a lost worker. */
  readonly retryable: boolean

  constructor(
    code: WorkerLanesErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable =
      code === 'ERR_WORKER_LANES_QUEUE_FULL' || code === 'ERR_WORKER_LANES_WORKER_LOST'
  }
}

const INVALID_ARGUMENT = 'ERR_WORKER_LANES_INVALID_ARGUMENT'

/** @internal An argument of the right kind with a value that cannot be. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: INVALID_ARGUMENT })
}

/** @internal An argument of the wrong kind. */
export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: INVALID_ARGUMENT })
}

/** @internal */
export function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw outOfRange(`Cannot use ${name}: expected a whole number of ${least} or more: ${value}`)
  }
}
