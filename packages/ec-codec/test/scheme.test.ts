import { formatScheme, MAX_SHARDS, parseScheme } from '@millrace/ec-codec'
import { expect, test } from 'vitest'

test('parseScheme() reads what formatScheme() writes', () => {
  for (const text of ['1+0', '4+2', '10+4', '1+255', '256+0']) {
    expect(formatScheme(parseScheme(text))).toBe(text)
  }
})

test('parseScheme() refuses another form with a TypeError, and other numbers with a RangeError', () => {
  for (const text of [
    '',
    '4',
    '4+',
    '+2',
    '4-2',
    ' 4+2',
    '4+2 ',
    '4+2+1',
    '-4+2',
    '4.5+2',
    '1e1+2',
  ]) {
    expect(() => parseScheme(text)).toThrow(TypeError)
    expect(() => parseScheme(text)).toThrow(
      expect.objectContaining({ code: 'ERR_EC_INVALID_SCHEME' }),
    )
  }
  for (const text of ['0+1', '256+1', `1+${MAX_SHARDS}`, '999+999']) {
    expect(() => parseScheme(text)).toThrow(RangeError)
    expect(() => parseScheme(text)).toThrow(
      expect.objectContaining({ code: 'ERR_EC_INVALID_SCHEME' }),
    )
  }
  expect(() => formatScheme({ k: 0, m: 0 })).toThrow(RangeError)
})
