import { randomBytes } from 'node:crypto'

/** The id of one write: 32 hex digits that sort in the order of the writes. Names shard files, never keys do. */
export type Generation = string

/** Bytes of a generation id in keys and footers. */
export const GENERATION_BYTES = 16

const GENERATION = /^[0-9a-f]{32}$/

/** True for 32 lower-case hex digits: what may become part of a file's name. */
export function isGeneration(text: string): boolean {
  return GENERATION.test(text)
}

/** Hands out generation ids. */
export interface Generations {
  /** A new id, greater than every id given or observed before. */
  next(): Generation
  /** Takes note of an id found on disk. */
  observe(generation: Generation): void
}

/**
 * Generation ids: 64 bits of ordering (milliseconds, shifted by 16 bits, but always at least one more than the last), then
 * 64 random bits. A clock that jumps back does not change the order: the counter goes on from the greatest id seen.
 *
 * @param options.now milliseconds since 1970. @default Date.now
 *
 * @example Ordered whatever the clock does
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createGenerations } from '@millrace/erasure-store'
 *
 * let clock = 1000
 * const generations = createGenerations({ now: () => clock })
 * const first = generations.next()
 * clock = 10
 * assert.ok(generations.next() > first)
 * ```
 */
export function createGenerations(options: { readonly now?: () => number } = {}): Generations {
  const { now = Date.now } = options
  let last = 0n
  return {
    next() {
      const clock = BigInt(now()) << 16n
      last = clock > last ? clock : last + 1n
      return last.toString(16).padStart(16, '0') + randomBytes(8).toString('hex')
    },
    observe(generation) {
      const seen = BigInt(`0x${generation.slice(0, 16)}`)
      if (seen > last) last = seen
    },
  }
}
