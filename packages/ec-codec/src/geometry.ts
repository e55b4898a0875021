import { rangeError } from './errors.ts'
import { checkScheme, type Scheme } from './scheme.ts'

/** The shard unit when none is given: 256 KiB, a multiple of the page size, so that chunks stay aligned on disk. */
export const DEFAULT_UNIT = 262_144

/** Where one stripe lies: in the object, in memory and in the shard files. All offsets and lengths in bytes. */
export interface Stripe {
  readonly index: number
  /** The first byte of the object that this stripe holds. */
  readonly start: number
  /** One past the last. */
  readonly end: number
  /** Bytes of the object in this stripe: `end - start`. */
  readonly dataLength: number
  /** Bytes of each shard: the unit, or less in the last stripe. */
  readonly shardLength: number
  /** Where each shard file holds its chunk of this stripe. */
  readonly shardOffset: number
}

/** How an object is cut into stripes. */
export interface StripeGeometry {
  readonly scheme: Scheme
  /** Bytes of a shard in a full stripe. */
  readonly unit: number
  /** Bytes of the object. */
  readonly size: number
  /** Bytes of the object that a full stripe holds: `k * unit`. */
  readonly stripeData: number
  readonly stripeCount: number
  /** Bytes of all the chunks of one shard file. */
  readonly shardSize: number
  /**
   * One stripe's place.
   *
   * @throws {RangeError} `ERR_EC_INVALID_GEOMETRY` if there is no such stripe.
   */
  readonly stripe: (index: number) => Stripe
}

/**
 * Cuts an object into stripes: stripe `i` covers the object's bytes `[i * k * unit, min(size, (i + 1) * k * unit))`.
 *
 * A stripe's data lies contiguous over its k data shards, zero padded to `k * shardLength`; its parity follows. Only the
 * last stripe is short: its shards have `ceil(dataLength / k)` bytes. An empty object has no stripe. Nothing is
 * allocated: a stripe's place is computed when it is asked for.
 *
 * @param options.scheme Data and parity shards.
 * @param options.unit Bytes of a shard in a full stripe. @default 262144
 * @param options.size Bytes of the object.
 * @returns The geometry.
 * @throws {RangeError} `ERR_EC_INVALID_SCHEME`, or `ERR_EC_INVALID_GEOMETRY` if unit or size is not a whole number of
 * bytes, the unit is 0, or a stripe's data passes 2^53 - 1 bytes.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { stripeGeometry } from '@millrace/ec-codec'
 *
 * const geometry = stripeGeometry({ scheme: { k: 4, m: 2 }, unit: 1024, size: 5000 })
 * assert.equal(geometry.stripeCount, 2)
 * assert.equal(geometry.shardSize, 1024 + 226)
 * assert.deepEqual(geometry.stripe(1), {
 *   index: 1, start: 4096, end: 5000, dataLength: 904, shardLength: 226, shardOffset: 1024,
 * })
 * ```
 */
export function stripeGeometry(options: {
  readonly scheme: Scheme
  readonly unit?: number
  readonly size: number
}): StripeGeometry {
  const { unit = DEFAULT_UNIT, size } = options
  const scheme = checkScheme(options.scheme)
  const { k } = scheme
  const stripeData = k * unit
  if (!Number.isSafeInteger(unit) || unit < 1 || !Number.isSafeInteger(stripeData)) {
    throw rangeError(
      'ERR_EC_INVALID_GEOMETRY',
      `Cannot cut stripes with a unit of ${unit} bytes: take a whole number of 1 or more, ${k} of which stay below 2^53`,
    )
  }
  if (!Number.isSafeInteger(size) || size < 0) {
    throw rangeError(
      'ERR_EC_INVALID_GEOMETRY',
      `Cannot cut an object of ${size} bytes: take a whole number of 0 or more below 2^53`,
    )
  }
  const stripeCount = Math.ceil(size / stripeData)
  const lastData = size - (stripeCount - 1) * stripeData
  const shardSize = stripeCount === 0 ? 0 : (stripeCount - 1) * unit + Math.ceil(lastData / k)

  return {
    scheme,
    unit,
    size,
    stripeData,
    stripeCount,
    shardSize,
    stripe(index) {
      if (!Number.isInteger(index) || index < 0 || index >= stripeCount) {
        throw rangeError(
          'ERR_EC_INVALID_GEOMETRY',
          `Cannot place stripe ${index}: the object has ${stripeCount}, counted from 0`,
        )
      }
      const start = index * stripeData
      const last = index === stripeCount - 1
      const dataLength = last ? lastData : stripeData
      return {
        index,
        start,
        end: start + dataLength,
        dataLength,
        shardLength: last ? Math.ceil(dataLength / k) : unit,
        shardOffset: index * unit,
      }
    },
  }
}
