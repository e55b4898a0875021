import { type Locations, RETRY_BASE_DELAY, RETRY_MAX_DELAY } from './options.ts'

/** Errors of Node and undici that mean a connection broke, and that a new one may do better. */
const BROKEN_CONNECTION: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** What an error says about itself: true, false, or nothing. */
export function saysRetryable(error: unknown): boolean | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { retryable, code } = error as { readonly retryable?: unknown; readonly code?: unknown }
  if (typeof retryable === 'boolean') return retryable
  return typeof code === 'string' && BROKEN_CONNECTION.has(code) ? true : undefined
}

/** Whether two lookups name the same places; lookups shuffle, so the order says nothing. */
export function sameLocations(a: Locations, b: Locations): boolean {
  const first = new Set(a)
  const second = new Set(b)
  return first.size === second.size && [...first].every((location) => second.has(location))
}

/** Wait before a retry in milliseconds: exponential, half fixed and half random ("equal jitter"). */
export function retryDelay(retry: number, random: () => number): number {
  const ceiling = Math.min(RETRY_MAX_DELAY, RETRY_BASE_DELAY * 2 ** retry)
  return ceiling / 2 + (ceiling / 2) * random()
}
