import { encodeUri, signRequest } from '@millrace/sigv4'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

function canonical(pathAndQuery: string): string {
  const { canonicalRequest } = signRequest({
    url: `http://localhost${pathAndQuery}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    region: 'c',
  })
  return canonicalRequest.split('\n').slice(1, 3).join('?')
}

describe('canonical URI and query', () => {
  test.each([
    ['', '/?'],
    ['/', '/?'],
    ['/a//b/./../c/', '/a//b/./../c/?'],
    ['/a%2fb', '/a%2Fb?'],
    ['/a+b c', '/a%2Bb%20c?'],
    ['/%41%7e', '/A~?'],
    ["/!'()*$&=:@,;", '/%21%27%28%29%2A%24%26%3D%3A%40%2C%3B?'],
    ['/é漢😀', '/%C3%A9%E6%BC%A2%F0%9F%98%80?'],
    ['/a?b', '/a?b='],
    ['/a?b=1&b=0&a=&a=%7E', '/a?a=&a=~&b=0&b=1'],
    ['/a?b=/+%20', '/a?b=%2F%20%20'],
    ['/a?&&b&', '/a?b='],
    ['/a?=x', '/a?=x'],
    ['/a?b=c=d', '/a?b=c%3Dd'],
    ['/a?a-b=1&a=2&a%2Db=0', '/a?a=2&a-b=0&a-b=1'],
    ['/a?A=1&a=2&B=3', '/a?A=1&B=3&a=2'],
  ])('of %s is %s', (raw, expected) => {
    expect(canonical(raw)).toBe(expected)
  })

  test.each(['/%', '/%4', '/%zz', '/a?b=%', '/%%20'])('of %s is an error', (raw) => {
    expect(() => canonical(raw)).toThrow(expect.objectContaining({ code: 'InvalidURI' }))
  })
})

describe('encodeUri()', () => {
  test('encodes all but the unreserved characters', () => {
    expect(encodeUri("aZ09-._~!'()*/ +é")).toBe('aZ09-._~%21%27%28%29%2A%2F%20%2B%C3%A9')
    expect(encodeUri('a/b', { keepSlash: true })).toBe('a/b')
    expect(() => encodeUri('\ud800')).toThrow(expect.objectContaining({ code: 'InvalidURI' }))
  })

  test('gives what the canonical URI keeps as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
        const path = `/${encodeUri(key, { keepSlash: true })}`
        expect(canonical(path)).toBe(`${path}?`)
        expect(decodeURIComponent(path)).toBe(`/${key}`)
      }),
    )
  })
})
