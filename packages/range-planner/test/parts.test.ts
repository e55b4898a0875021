import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  coverage,
  DEFAULT_PART_SIZE,
  DOWNLOAD_PART_LIMITS,
  planParts,
  S3_PART_LIMITS,
} from '@millrace/range-planner'

const MiB = 1024 ** 2
const TiB = 1024 ** 4

test('S3_PART_LIMITS are those of Amazon S3', () => {
  expect(S3_PART_LIMITS).toEqual({
    maxParts: 10_000,
    minPartSize: 5_242_880,
    maxPartSize: 5_368_709_120,
    maxObjectSize: 53_687_091_200_000,
  })
  expect((S3_PART_LIMITS.maxObjectSize / TiB).toFixed(1)).toBe('48.8')
  expect(Number.isSafeInteger(S3_PART_LIMITS.maxObjectSize)).toBe(true)
})

describe('planParts()', () => {
  test.each([S3_PART_LIMITS, DOWNLOAD_PART_LIMITS])('stays within the limits: %o', (limits) => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(100 * MiB), fc.nat(limits.maxObjectSize - MiB * 10_000)),
        fc.integer({ min: MiB, max: 64 * MiB }),
        fc.constantFrom(1, 4096, MiB),
        (size, partSize, align) => {
          const plan = planParts(size, { partSize, limits, align })
          expect(plan.parts.length).toBeLessThanOrEqual(limits.maxParts)
          expect(coverage({ start: 0, end: size }, plan.parts).exact).toBe(true)
          expect(plan.partSize % align).toBe(0)
          expect(plan.partSize).toBeGreaterThanOrEqual(Math.max(partSize, limits.minPartSize))
          expect(plan.partSize).toBeLessThanOrEqual(limits.maxPartSize)
          expect(plan.parts.every(({ partNumber }, i) => partNumber === i + 1)).toBe(true)
          expect(
            plan.parts.slice(0, -1).every(({ start, end }) => end - start === plan.partSize),
          ).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('plans the largest object and no larger one', () => {
    const { parts, partSize } = planParts(S3_PART_LIMITS.maxObjectSize)
    expect([parts.length, partSize]).toEqual([10_000, S3_PART_LIMITS.maxPartSize])
    expect(() => planParts(S3_PART_LIMITS.maxObjectSize + 1)).toThrow(
      expect.objectContaining({ code: 'ERR_RANGE_PLANNER_OBJECT_TOO_LARGE' }),
    )
    expect(() => planParts(1, { partSize: 6 * 1024 ** 3 })).toThrow(
      expect.objectContaining({ code: 'ERR_RANGE_PLANNER_OBJECT_TOO_LARGE' }),
    )
  })

  test('has no parts for an empty object, and rejects wrong sizes', () => {
    expect(planParts(0)).toEqual({ partSize: DEFAULT_PART_SIZE, parts: [] })
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(() => planParts(size)).toThrow(RangeError)
  })
})
