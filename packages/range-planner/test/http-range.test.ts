import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  DEFAULT_MAX_RANGES,
  formatContentRange,
  formatRange,
  parseContentRange,
  parseRange,
  type RangeSpec,
  resolveRange,
  resolveRanges,
} from '@millrace/range-planner'
import { range } from './arbitraries.ts'

const spec: fc.Arbitrary<RangeSpec> = fc.oneof(
  fc.record({ start: fc.maxSafeNat().filter((n) => n < Number.MAX_SAFE_INTEGER) }),
  fc.record({ suffix: fc.maxSafeNat() }),
  fc
    .tuple(fc.nat(2 ** 40), fc.integer({ min: 1, max: 2 ** 40 }))
    .map(([start, length]) => ({ start, end: start + length })),
)

describe('parseRange()', () => {
  test.each([
    ['bytes=0-499', [{ start: 0, end: 500 }]],
    ['bytes=500-', [{ start: 500 }]],
    ['bytes=-500', [{ suffix: 500 }]],
    ['bytes=-0', [{ suffix: 0 }]],
    ['bytes=0-0,-1', [{ start: 0, end: 1 }, { suffix: 1 }]],
    ['  BYTES=1-2 ', [{ start: 1, end: 3 }]],
    [
      'bytes=1-2 ,\t4-5',
      [
        { start: 1, end: 3 },
        { start: 4, end: 6 },
      ],
    ],
    ['bytes=,1-2,,', [{ start: 1, end: 3 }]],
    ['bytes=007-008', [{ start: 7, end: 9 }]],
    ['bytes=0-99999999999999999999', [{ start: 0, end: Number.MAX_SAFE_INTEGER }]],
    ['bytes=99999999999999999999-', [{ start: Number.MAX_SAFE_INTEGER }]],
  ])('reads %s', (text, expected) => {
    expect(parseRange(text)).toEqual(expected)
  })

  test.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=a-b',
    'bytes=5-2',
    'bytes=1',
    'bytes 0-1',
    'bytes = 0-1',
    'items=0-1',
    'bytes=0-1;2-3',
    'bytes=+1-2',
    'bytes=1-2-3',
    'bytes=0x1-2',
    'bytes=1.5-2',
    'bytes=0 -1',
    'bytes=-1-2',
    'bytes=0-1,x',
    'bytes=5-2,0-1',
    'bytes=99999999999999999999-99999999999999999998',
  ])('ignores %s', (text) => {
    expect(parseRange(text)).toBeUndefined()
  })

  test('ignores a header with too many ranges, however they are written', () => {
    const many = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, i) => `${i}-${i}`).join(',')}`
    expect(parseRange(many(DEFAULT_MAX_RANGES))).toHaveLength(DEFAULT_MAX_RANGES)
    expect(parseRange(many(DEFAULT_MAX_RANGES + 1))).toBeUndefined()
    expect(parseRange(many(3), { maxRanges: 2 })).toBeUndefined()
    expect(parseRange(`bytes=0-0${','.repeat(100_000)}`)).toBeUndefined()
    expect(() => parseRange('bytes=0-1', { maxRanges: 0 })).toThrow(RangeError)
  })

  test('is quick with a hostile header', () => {
    const started = performance.now()
    for (const text of [
      ' '.repeat(100_000),
      `bytes=${'1'.repeat(100_000)}-`,
      `bytes=x${' '.repeat(100_000)}x`,
    ]) {
      parseRange(text)
    }
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('reads what formatRange() writes', () => {
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: DEFAULT_MAX_RANGES }), (specs) => {
        expect(parseRange(formatRange(specs))).toEqual(specs)
      }),
    )
  })

  test('never throws on any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-bytes=0129, \t]*$/)), (text) => {
        for (const candidate of [text, `bytes=${text}`]) {
          const found = parseRange(candidate)
          if (found !== undefined) expect(found.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})

describe('resolveRange()', () => {
  test('gives the bytes that slice() gives, by the rules of S3', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.record({ start: fc.nat(40) }), fc.record({ suffix: fc.nat(40) }), range),
        fc.nat(40),
        (asked, size) => {
          const bytes = Array.from({ length: size }, (_, i) => i)
          const expected =
            'suffix' in asked
              ? bytes.slice(Math.max(0, size - asked.suffix))
              : bytes.slice(asked.start, 'end' in asked ? asked.end : size)
          const found = resolveRange(asked, size)
          if (expected.length === 0) expect(found).toBeUndefined()
          else expect(bytes.slice(found?.start, found?.end)).toEqual(expected)
        },
      ),
    )
  })

  test('cannot satisfy any range of an empty object, nor the last 0 bytes', () => {
    for (const asked of [{ start: 0 }, { start: 0, end: 1 }, { suffix: 5 }]) {
      expect(resolveRange(asked, 0)).toBeUndefined()
    }
    expect(resolveRange({ suffix: 0 }, 10)).toBeUndefined()
  })

  test('rejects impossible arguments with a code', () => {
    for (const wrong of [{ start: -1 }, { start: 2, end: 1 }, { suffix: 1.5 }]) {
      expect(() => resolveRange(wrong, 10)).toThrow(
        expect.objectContaining({ code: 'ERR_RANGE_PLANNER_INVALID_ARGUMENT', retryable: false }),
      )
    }
    expect(() => resolveRange({ start: 0 }, -1)).toThrow(RangeError)
  })

  test('resolveRanges() keeps what can be satisfied, in order', () => {
    expect(resolveRanges([{ suffix: 1 }, { start: 10 }, { start: 0, end: 2 }], 10)).toEqual([
      { start: 9, end: 10 },
      { start: 0, end: 2 },
    ])
    expect(resolveRanges([{ start: 10 }], 10)).toEqual([])
  })
})

describe('Content-Range', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(range, fc.option(fc.nat(40), { nil: undefined }), ({ start, end }, beyond) => {
        const part = { start, end: end + 1 }
        const size = beyond === undefined ? undefined : part.end + beyond
        expect(parseContentRange(formatContentRange(part, size))).toEqual(
          size === undefined ? { range: part } : { range: part, size },
        )
      }),
    )
    expect(parseContentRange(formatContentRange(undefined, 7))).toEqual({ size: 7 })
  })

  test.each([
    undefined,
    '',
    'bytes',
    'bytes */*',
    'bytes 5-4/10',
    'bytes 0-10/10',
    'bytes 0-1',
    'items 0-1/2',
    'bytes 0-/2',
    'bytes=0-1/2',
    'bytes 0-1/99999999999999999999',
    'bytes 0-99999999999999999999/*',
  ])('cannot be %s', (text) => {
    expect(parseContentRange(text)).toBeUndefined()
  })

  test('has no text for nothing', () => {
    expect(() => formatContentRange({ start: 1, end: 1 }, 10)).toThrow(RangeError)
    expect(() => formatContentRange({ start: 1, end: 11 }, 10)).toThrow(RangeError)
    expect(() => formatContentRange(undefined, undefined)).toThrow(RangeError)
    expect(() => formatRange({ start: 1, end: 1 })).toThrow(RangeError)
    expect(() => formatRange([])).toThrow(RangeError)
  })
})
