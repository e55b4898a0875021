import { setTimeout as delay } from 'node:timers/promises'
import { ObjectStoreError } from './errors.ts'

/** Repeats after the first attempt in {@link RetryOptions} when not told otherwise. */
export const DEFAULT_RETRIES = 4

/** Longest first pause, in milliseconds; it doubles with every repeat. */
export const DEFAULT_RETRY_BASE_MS = 100

/** Longest pause of all, in milliseconds. */
export const DEFAULT_RETRY_MAX_MS = 20_000

/** Options of `withRetry`. */
export interface RetryOptions {
  /** @default DEFAULT_RETRIES */
  readonly retries?: number
  /** @default DEFAULT_RETRY_BASE_MS */
  readonly baseDelayMs?: number
  /** @default DEFAULT_RETRY_MAX_MS */
  readonly maxDelayMs?: number
  /**
   * From 0 to 1: spreads the pauses ("full jitter", AWS Architecture Blog, "Exponential Backoff And Jitter").
   *
   * @default Math.random
   */
  readonly random?: () => number
  /**
   * Waits between attempts; rejects with the signal's reason on abort.
   *
   * @default a timer
   */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

/** Repeats left for one piece of work. */
export interface RetryBudget {
  /** There was progress: the budget is full again. */
  progress(): void
  /** Waits before a repeat, or throws what ends the repeating. */
  failed(error: unknown): Promise<void>
}

/** Repeats what fails with a `retryable` error. */
export interface Retrier {
  /** Runs a task until it succeeds, fails for good, or the repeats are used up. */
  run<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T>
  budget(signal: AbortSignal | undefined): RetryBudget
}

/**
 * What `withRetry` and others repeat by: pauses that double and are spread at random.
 *
 * @param options - see {@link RetryOptions}
 * @returns a retrier, to be used for any number of calls
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for options that are no whole numbers
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createRetrier } from '@millrace/object-store'
 *
 * let calls = 0
 * const result = await createRetrier({ baseDelayMs: 1 }).run(undefined, async () => {
 *   if (++calls < 3) throw Object.assign(new Error('busy'), { retryable: true })
 *   return 'done'
 * })
 * assert.deepEqual([result, calls], ['done', 3])
 * ```
 */
export function createRetrier(options: RetryOptions): Retrier {
  const {
    retries = DEFAULT_RETRIES,
    baseDelayMs = DEFAULT_RETRY_BASE_MS,
    maxDelayMs = DEFAULT_RETRY_MAX_MS,
    random = Math.random,
    sleep = pause,
  } = options
  for (const [name, value] of Object.entries({ retries, baseDelayMs, maxDelayMs })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new ObjectStoreError('INVALID_ARGUMENT', `${name} must be a whole number: ${value}`)
    }
  }
  const budget: Retrier['budget'] = (signal) => {
    let used = 0
    return {
      progress() {
        used = 0
      },
      async failed(error) {
        signal?.throwIfAborted()
        if (!isRetryable(error)) throw error
        if (used >= retries) throw givenUp(error, retries)
        await sleep(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** used++), signal)
      },
    }
  }
  return {
    budget,
    async run(signal, task) {
      const attempts = budget(signal)
      for (;;) {
        try {
          return await task()
        } catch (error) {
          await attempts.failed(error)
        }
      }
    },
  }
}

/**
 * Whether an error says of itself that it is worth a retry.
 *
 * @param error - anything thrown
 * @returns true where `retryable` is true
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { isRetryable, ObjectStoreError } from '@millrace/object-store'
 *
 * assert.equal(isRetryable(new ObjectStoreError('UNAVAILABLE', 'Busy')), true)
 * assert.equal(isRetryable(new ObjectStoreError('NOT_FOUND', 'Gone')), false)
 * ```
 */
export function isRetryable(error: unknown): boolean {
  return (error as { retryable?: unknown } | undefined)?.retryable === true
}

/** Whoever is above must not repeat what was repeated here. */
function givenUp(error: unknown, retries: number): unknown {
  if (retries === 0 || (error as { name?: unknown }).name !== 'ObjectStoreError') return error
  const { code, message, details } = error as ObjectStoreError
  return new ObjectStoreError(code, `${message} (tried ${retries + 1} times)`, {
    cause: error,
    retryable: false,
    details,
  })
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
