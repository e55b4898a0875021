import { decodeBase64, encodeBase64, MAX_BASE64_LENGTH } from '@millrace/checksums'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shared } from './bytes.ts'

const malformed = expect.objectContaining({ code: 'ERR_CHECKSUMS_MALFORMED', retryable: false })

describe('decodeBase64()', () => {
  test('reads what encodeBase64 wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes)
        expect(encodeBase64(shared(bytes))).toBe(encodeBase64(bytes))
      }),
    )
  })

  test('accepts one spelling of each value only', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'AQgw9+/=-_ \n'.split('')), maxLength: 9 }),
        (text) => {
          let bytes: Uint8Array
          try {
            bytes = decodeBase64(text)
          } catch {
            return
          }
          expect(encodeBase64(bytes)).toBe(text)
        },
      ),
      { numRuns: 500 },
    )
  })

  test.each([
    'A',
    'AA',
    'AA=',
    'AAA',
    'A===',
    '=AAA',
    'AB==',
    'AAB=',
    'AA==AAAA',
    ' AAAA',
    'AAAA\n',
    'AA A',
    '-_-_',
    'A'.repeat(MAX_BASE64_LENGTH + 4),
  ])('refuses %j', (text) => {
    expect(() => decodeBase64(text)).toThrow(malformed)
  })

  test('refuses what is not text', () => {
    for (const value of [undefined, null, 4, ['AAAA']]) {
      expect(() => decodeBase64(value as unknown as string)).toThrow(malformed)
    }
  })

  test('gives an array of its own', () => {
    expect(decodeBase64('AAAA').buffer.byteLength).toBe(3)
  })
})
