import { setTimeout as sleep } from 'node:timers/promises'
import type { ByteSource } from '@millrace/byte-streams'
import { type ByteBudget, createByteBudget } from './byte-budget.ts'
import { withCode } from './errors.ts'

/** Bytes a pipe may hold fetched ahead: 16 MiB. */
export const DEFAULT_BUDGET: number = 16 * 1024 * 1024
/** Fetches the adaptive depth begins with. */
export const DEFAULT_INITIAL_DEPTH: number = 4
/** Fewest fetches the adaptive depth falls to. */
export const DEFAULT_MIN_DEPTH: number = 1
/** Most fetches the adaptive depth rises to. */
export const DEFAULT_MAX_DEPTH: number = 64
/** Items that may be started and not yet consumed, whatever their size. */
export const DEFAULT_MAX_QUEUED: number = 1024
/** Reserved from the budget for an item of unknown length, and the step in which that grows: 256 KiB. */
export const UNKNOWN_LENGTH_WINDOW: number = 256 * 1024
/** Retries of one item after its first fetch. */
export const DEFAULT_RETRIES: number = 4
/** First wait between two attempts, in milliseconds; doubles each time. */
export const RETRY_BASE_DELAY: number = 100
/** Longest wait between two attempts, in milliseconds. */
export const RETRY_MAX_DELAY: number = 6000
/** How long the end of a pipe waits for fetches that ignore their signal, in milliseconds. */
export const DEFAULT_CLOSE_TIMEOUT: number = 10_000

/** Where an item's bytes can be had: URLs, volume names. Compared as a set. */
export type Locations = readonly string[]

/** What a fetch is told. */
export interface FetchContext {
  /** Aborted on every end of the pipe; the fetch must then stop. */
  readonly signal: AbortSignal
  /** First byte wanted, counted within the item: more than 0 when a broken fetch is resumed. */
  readonly offset: number
  /** 0 for the item's first fetch. */
  readonly attempt: number
  /** What `locate` or the last `refresh` gave; empty without either. */
  readonly locations: Locations
}

/** What a fetch gives: bytes as they come, chunks at once, or one chunk. */
export type FetchedBytes = ByteSource | Uint8Array

/** Options of `prefetch`. All limits are finite. */
export interface PrefetchOptions<Item> {
  /**
   * Begins to fetch an item's bytes from `context.offset` on. Called for several items at once; never called again
   * after the pipe has ended.
   */
  readonly fetch: (item: Item, context: FetchContext) => FetchedBytes | Promise<FetchedBytes>
  /**
   * Bytes that may be held fetched ahead, or a budget shared with other pipes. 0: fetches start, but hold no more than
   * their first chunk.
   * @default 16 MiB
   */
  readonly budget?: number | ByteBudget
  /**
   * Fetches in flight, or 'adaptive' to follow latency and the consumer's rate.
   * @default 'adaptive'
   */
  readonly depth?: number | 'adaptive'
  /** @default 1 */
  readonly minDepth?: number
  /** @default 64 */
  readonly maxDepth?: number
  /** @default 4, within `minDepth` and `maxDepth` */
  readonly initialDepth?: number
  /**
   * Items started and not yet consumed, at most.
   * @default 1024
   */
  readonly maxQueued?: number
  /**
   * Expected bytes of an item, undefined if unknown. Reserved from the budget before the fetch starts; fewer or more
   * bytes are an error.
   * @default `end - start` of a byte range, else `byteLength`, else unknown
   */
  readonly length?: (item: Item) => number | undefined
  /**
   * Looks up where an item's bytes are. When `items` is an array, all are looked up before the first fetch, so that a
   * failure comes before any byte.
   */
  readonly locate?: (
    item: Item,
    context: { readonly signal: AbortSignal },
  ) => Locations | Promise<Locations>
  /**
   * Looks an item's locations up anew, past any cache, once per item, when its fetch failed before the first byte. If
   * the set changed, the fetch is repeated at once.
   */
  readonly refresh?: (
    item: Item,
    context: {
      readonly signal: AbortSignal
      readonly error: unknown
      readonly locations: Locations
    },
  ) => Locations | Promise<Locations>
  /**
   * Whether a fetch that broke off after k bytes may continue at byte k. Only safe when the version is pinned (ETag,
   * version id, generation).
   * @default false
   */
  readonly resume?: boolean | ((item: Item) => boolean)
  /** @default 4 */
  readonly retries?: number
  /**
   * Whether a failed fetch is worth repeating.
   * @default `error.retryable` where it is a boolean; else true for broken connections, false for the rest
   */
  readonly retryable?: (error: unknown, item: Item) => boolean
  /** Waits before a retry; rejects when `signal` aborts. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Jitter of retries, 0 to 1. */
  readonly random?: () => number
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number
  /** @default 10 seconds */
  readonly closeTimeout?: number
  /** Ends the pipe; pending and later reads reject with its reason. */
  readonly signal?: AbortSignal
}

/** The options with their defaults, checked. */
export interface Settings<Item> {
  readonly fetch: PrefetchOptions<Item>['fetch']
  readonly budget: ByteBudget
  readonly depth: number | 'adaptive'
  readonly minDepth: number
  readonly maxDepth: number
  readonly initialDepth: number
  readonly maxQueued: number
  readonly length: (item: Item) => number | undefined
  readonly locate: PrefetchOptions<Item>['locate']
  readonly refresh: PrefetchOptions<Item>['refresh']
  readonly resume: (item: Item) => boolean
  readonly retries: number
  readonly retryable: PrefetchOptions<Item>['retryable']
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>
  readonly random: () => number
  readonly now: () => number
  readonly closeTimeout: number
  readonly signal: AbortSignal | undefined
}

function lengthOf(item: unknown): number | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { start, end, byteLength } = item as Record<string, unknown>
  if (typeof start === 'number' && typeof end === 'number') return end - start
  return typeof byteLength === 'number' ? byteLength : undefined
}

function count(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw withCode(
    new RangeError(`${name} must be a whole number of ${least} or more: ${value}`),
    'ERR_PREFETCH_BAD_OPTION',
  )
}

function badType(message: string): Error {
  return withCode(new TypeError(message), 'ERR_PREFETCH_BAD_OPTION')
}

/** Checks the options and fills in the defaults. */
export function settle<Item>(options: PrefetchOptions<Item>): Settings<Item> {
  if (typeof options?.fetch !== 'function') {
    throw badType('Option fetch must be a function that returns an item as bytes')
  }
  const { budget = DEFAULT_BUDGET, depth = 'adaptive', resume = false } = options
  if (typeof depth !== 'number' && depth !== 'adaptive') {
    throw badType(`Option depth must be a number or 'adaptive': ${String(depth)}`)
  }
  const minDepth = count('Option minDepth', options.minDepth ?? DEFAULT_MIN_DEPTH, 1)
  const maxDepth = count(
    'Option maxDepth',
    options.maxDepth ?? Math.max(DEFAULT_MAX_DEPTH, minDepth),
    minDepth,
  )
  return {
    fetch: options.fetch,
    budget: typeof budget === 'number' ? createByteBudget(budget) : budget,
    depth: depth === 'adaptive' ? depth : count('Option depth', depth, 1),
    minDepth,
    maxDepth,
    initialDepth: Math.min(
      maxDepth,
      Math.max(
        minDepth,
        count('Option initialDepth', options.initialDepth ?? DEFAULT_INITIAL_DEPTH, 1),
      ),
    ),
    maxQueued: count('Option maxQueued', options.maxQueued ?? DEFAULT_MAX_QUEUED, 1),
    length: options.length ?? lengthOf,
    locate: options.locate,
    refresh: options.refresh,
    resume: typeof resume === 'function' ? resume : () => resume,
    retries: count('Option retries', options.retries ?? DEFAULT_RETRIES, 0),
    retryable: options.retryable,
    delay: options.delay ?? ((ms, signal) => sleep(ms, undefined, { signal })),
    random: options.random ?? Math.random,
    now: options.now ?? (() => performance.now()),
    closeTimeout: count('Option closeTimeout', options.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT, 0),
    signal: options.signal,
  }
}
