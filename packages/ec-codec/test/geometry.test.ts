import { DEFAULT_UNIT, stripeGeometry } from '@millrace/ec-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('stripes cover the object once, in order, and their chunks the shard file', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 64 }),
      fc.nat({ max: 1000 }),
      (k, m, unit, size) => {
        const geometry = stripeGeometry({ scheme: { k, m }, unit, size })
        let object = 0
        let shard = 0
        for (let index = 0; index < geometry.stripeCount; index++) {
          const stripe = geometry.stripe(index)
          expect(stripe).toMatchObject({ index, start: object, shardOffset: shard })
          expect(stripe.end - stripe.start).toBe(stripe.dataLength)
          expect(stripe.dataLength).toBeGreaterThan(0)
          expect(stripe.dataLength).toBeLessThanOrEqual(k * stripe.shardLength)
          expect(stripe.dataLength).toBeGreaterThan(k * (stripe.shardLength - 1))
          if (index < geometry.stripeCount - 1) expect(stripe.shardLength).toBe(unit)
          expect(stripe.shardLength).toBeLessThanOrEqual(unit)
          object = stripe.end
          shard += stripe.shardLength
        }
        expect(object).toBe(size)
        expect(shard).toBe(geometry.shardSize)
      },
    ),
    { numRuns: 100 },
  )
})

test('an empty object has no stripe, and one byte has a shard of one byte', () => {
  const scheme = { k: 4, m: 2 }
  const empty = stripeGeometry({ scheme, size: 0 })
  expect(empty).toMatchObject({ unit: DEFAULT_UNIT, stripeCount: 0, shardSize: 0 })
  expect(() => empty.stripe(0)).toThrow(
    expect.objectContaining({ code: 'ERR_EC_INVALID_GEOMETRY' }),
  )
  expect(stripeGeometry({ scheme, size: 1 }).stripe(0)).toMatchObject({
    dataLength: 1,
    shardLength: 1,
  })
})

test('the largest object of S3 can be cut', () => {
  const size = 10_000 * 5 * 2 ** 30
  const { stripeCount, stripe } = stripeGeometry({ scheme: { k: 4, m: 2 }, size })
  expect(stripe(stripeCount - 1).end).toBe(size)
})

test('numbers that make no sense are refused', () => {
  const scheme = { k: 4, m: 2 }
  for (const options of [
    { scheme, size: -1 },
    { scheme, size: 1.5 },
    { scheme, size: 2 ** 53 },
    { scheme, size: 1, unit: 0 },
    { scheme, size: 1, unit: 0.5 },
    { scheme, size: 1, unit: 2 ** 52 },
  ]) {
    expect(() => stripeGeometry(options)).toThrow(
      expect.objectContaining({ code: 'ERR_EC_INVALID_GEOMETRY' }),
    )
  }
  expect(() => stripeGeometry({ scheme: { k: 0, m: 2 }, size: 1 })).toThrow(RangeError)
  const { stripe } = stripeGeometry({ scheme, size: 1 })
  for (const index of [-1, 1, 0.5]) expect(() => stripe(index)).toThrow(RangeError)
})
