import {
  deriveSigningKey,
  formatAmzDate,
  parseAmzDate,
  SIGNING_KEY_CACHE_SIZE,
} from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'

const scope = { date: '20260101', region: 'us-east-1', service: 's3' }

describe('deriveSigningKey()', () => {
  test('keeps keys, as many as it says, the last used', () => {
    const first = deriveSigningKey('first', scope)
    expect(deriveSigningKey('first', scope)).toBe(first)
    for (let i = 0; i < SIGNING_KEY_CACHE_SIZE - 1; i++) deriveSigningKey(`other ${i}`, scope)
    expect(deriveSigningKey('first', scope)).toBe(first)
    for (let i = 0; i < SIGNING_KEY_CACHE_SIZE; i++) deriveSigningKey(`another ${i}`, scope)
    const again = deriveSigningKey('first', scope)
    expect(again).not.toBe(first)
    expect(again).toEqual(first)
  })

  test('differs by secret, date, region and service', () => {
    const keys = [
      deriveSigningKey('a', scope),
      deriveSigningKey('b', scope),
      deriveSigningKey('a', { ...scope, date: '20260102' }),
      deriveSigningKey('a', { ...scope, region: 'x' }),
      deriveSigningKey('a', { ...scope, service: 'x' }),
    ].map((key) => Buffer.from(key).toString('hex'))
    expect(new Set(keys).size).toBe(5)
  })
})

describe('formatAmzDate() and parseAmzDate()', () => {
  test.each([
    '',
    '20260101',
    '20260101T000000',
    '20261301T000000Z',
    '20260101T240000Z',
    '20260101T000060Z',
  ])('parseAmzDate() knows no %s', (text) => {
    expect(parseAmzDate(text)).toBeUndefined()
  })

  test('undo each other', () => {
    for (const text of ['20240229T235959Z', '19700101T000000Z', '99991231T235959Z']) {
      expect(formatAmzDate(parseAmzDate(text) as number)).toBe(text)
    }
  })

  test('formatAmzDate() throws at what is no time', () => {
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, 253_402_300_800_000]) {
      expect(() => formatAmzDate(time)).toThrow(RangeError)
    }
  })
})
