import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  alignRange,
  coalesceRanges,
  coverage,
  planRanges,
  subtractRanges,
} from '@millrace/range-planner'
import { counts, range, ranges, SIZE, where } from './arbitraries.ts'

describe('planRanges()', () => {
  test('covers the range exactly, in order, with aligned inner borders', () => {
    fc.assert(
      fc.property(
        range,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        (whole, align, times) => {
          const partSize = align * times
          const plan = planRanges(whole, { partSize, align })
          expect(coverage(whole, plan).exact).toBe(true)
          expect([...plan].sort((a, b) => a.start - b.start)).toEqual(plan)
          for (const { start, end } of plan) {
            expect(end - start).toBeLessThanOrEqual(partSize)
            expect(end).toBeGreaterThan(start)
          }
          for (const { end } of plan.slice(0, -1)) expect(end % align).toBe(0)
          for (const { start, end } of plan.slice(1, -1)) expect(end - start).toBe(partSize)
        },
      ),
    )
  })

  test('clips the final range', () => {
    expect(planRanges({ start: 0, end: 5 }, { partSize: 4 })).toEqual([
      { start: 0, end: 4 },
      { start: 4, end: 5 },
    ])
    expect(planRanges({ start: 3, end: 3 }, { partSize: 4 })).toEqual([])
  })

  test('refuses a plan without end', () => {
    expect(() => planRanges({ start: 0, end: 1e12 }, { partSize: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_RANGE_PLANNER_TOO_MANY_RANGES' }),
    )
    expect(() => planRanges({ start: 0, end: 10 }, { partSize: 5, align: 2 })).toThrow(RangeError)
    expect(() => planRanges({ start: 0, end: 10 }, { partSize: 0 })).toThrow(RangeError)
    expect(() => planRanges({ start: 2, end: 1 }, { partSize: 1 })).toThrow(RangeError)
  })
})

test('coalesceRanges() keeps each range whole in one, within gap and length', () => {
  fc.assert(
    fc.property(ranges, fc.nat(10), fc.integer({ min: 1, max: 40 }), (list, maxGap, maxLength) => {
      const merged = coalesceRanges(list, { maxGap, maxLength })
      const full = list.filter(({ start, end }) => start < end)
      for (const { start, end } of full) {
        expect(merged.some((one) => one.start <= start && end <= one.end)).toBe(true)
      }
      const wanted = counts(full)
      for (const { start, end } of merged) {
        const longest = Math.max(...full.map((one) => one.end - one.start))
        expect(end - start).toBeLessThanOrEqual(Math.max(maxLength, longest))
        const gaps = where((byte) => byte >= start && byte < end && wanted[byte] === 0)
        for (const gap of gaps) expect(gap.end - gap.start).toBeLessThanOrEqual(maxGap)
        expect(full.some((one) => one.start === start)).toBe(true)
        expect(full.some((one) => one.end === end)).toBe(true)
      }
      for (const [index, one] of merged.slice(1).entries()) {
        const previous = merged[index]
        if (previous === undefined) continue
        const near = one.start - previous.end <= maxGap
        if (near) expect(one.end - previous.start).toBeGreaterThan(maxLength)
      }
    }),
  )
})

test('subtractRanges() gives what a bitmap gives', () => {
  fc.assert(
    fc.property(range, ranges, (whole, done) => {
      const covered = counts(done)
      expect(subtractRanges(whole, done)).toEqual(
        where((byte) => byte >= whole.start && byte < whole.end && covered[byte] === 0),
      )
    }),
  )
})

test('coverage() finds gaps, overlaps and what lies outside as a bitmap does', () => {
  fc.assert(
    fc.property(range, ranges, (whole, list) => {
      const covered = counts(list)
      const inside = (byte: number) => byte >= whole.start && byte < whole.end
      const found = coverage(whole, list)
      expect(found.gaps).toEqual(where((byte) => inside(byte) && covered[byte] === 0))
      expect(found.overlaps).toEqual(where((byte) => (covered[byte] ?? 0) > 1))
      const outside = counts(found.outside)
      for (let byte = 0; byte <= SIZE; byte++) {
        expect((outside[byte] ?? 0) > 0).toBe(!inside(byte) && (covered[byte] ?? 0) > 0)
      }
      expect(found.exact).toBe(covered.every((count, byte) => count === (inside(byte) ? 1 : 0)))
    }),
  )
})

describe('alignRange()', () => {
  test('gives the smallest aligned range around', () => {
    fc.assert(
      fc.property(
        range,
        fc.integer({ min: 1, max: 16 }),
        fc.nat(10),
        ({ start, end }, alignment, beyond) => {
          const size = end + beyond
          const aligned = alignRange({ start, end }, alignment, { size })
          expect(aligned.start % alignment).toBe(0)
          expect(start - aligned.start).toBeLessThan(alignment)
          if (start === end) {
            expect(aligned.end).toBe(aligned.start)
            return
          }
          expect(aligned.end % alignment === 0 || aligned.end === size).toBe(true)
          expect(aligned.end).toBeGreaterThanOrEqual(end)
          expect(aligned.end - end).toBeLessThan(alignment)
        },
      ),
    )
  })

  test('rejects a range beyond the size', () => {
    expect(() => alignRange({ start: 0, end: 5 }, 4, { size: 4 })).toThrow(RangeError)
    expect(() => alignRange({ start: 0, end: 5 }, 0)).toThrow(RangeError)
  })
})
