import { rangeError, typeError } from './errors.ts'

/** The most shards a stripe can have: GF(2^8) has 256 elements, and each shard takes one. */
export const MAX_SHARDS = 256

/** How a stripe is divided: `k` data shards and `m` parity shards; any `m` of them may be lost. */
export interface Scheme {
  /** Data shards, 1 or more. */
  readonly k: number
  /** Parity shards, 0 or more. `k + m` is at most {@link MAX_SHARDS}. */
  readonly m: number
}

/**
 * Checks that a scheme can be coded.
 *
 * @param scheme Data and parity shards.
 * @returns The same two numbers, without whatever else the object had.
 * @throws {RangeError} `ERR_EC_INVALID_SCHEME` unless 1 ≤ k, 0 ≤ m and k + m ≤ 256, all integers.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkScheme } from '@millrace/ec-codec'
 *
 * assert.deepEqual(checkScheme({ k: 4, m: 2 }), { k: 4, m: 2 })
 * assert.throws(() => checkScheme({ k: 0, m: 2 }), { code: 'ERR_EC_INVALID_SCHEME' })
 * ```
 */
export function checkScheme({ k, m }: Scheme): Scheme {
  if (!Number.isInteger(k) || k < 1 || !Number.isInteger(m) || m < 0 || k + m > MAX_SHARDS) {
    throw rangeError(
      'ERR_EC_INVALID_SCHEME',
      `Cannot use scheme ${k}+${m}: take at least 1 data shard, 0 or more parity shards, and at most ${MAX_SHARDS} together`,
    )
  }
  return { k, m }
}

/**
 * Reads a scheme as people write it.
 *
 * @param text Data and parity shards with a plus between: `4+2`.
 * @returns The scheme.
 * @throws {TypeError} `ERR_EC_INVALID_SCHEME` if the text has another form.
 * @throws {RangeError} `ERR_EC_INVALID_SCHEME` if the numbers are out of bounds.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseScheme } from '@millrace/ec-codec'
 *
 * assert.deepEqual(parseScheme('10+4'), { k: 10, m: 4 })
 * ```
 */
export function parseScheme(text: string): Scheme {
  const [, k, m] = /^(\d{1,3})\+(\d{1,3})$/.exec(text) ?? []
  if (k === undefined || m === undefined) {
    throw typeError(
      'ERR_EC_INVALID_SCHEME',
      `Cannot read scheme: ${JSON.stringify(text)}. Write data and parity shards with a plus between, such as 4+2`,
    )
  }
  return checkScheme({ k: Number(k), m: Number(m) })
}

/**
 * Writes a scheme as people read it; {@link parseScheme} reads it back.
 *
 * @param scheme Data and parity shards.
 * @returns Data and parity shards with a plus between.
 * @throws {RangeError} `ERR_EC_INVALID_SCHEME` if the scheme is out of bounds.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatScheme } from '@millrace/ec-codec'
 *
 * assert.equal(formatScheme({ k: 4, m: 2 }), '4+2')
 * ```
 */
export function formatScheme(scheme: Scheme): string {
  const { k, m } = checkScheme(scheme)
  return `${k}+${m}`
}
