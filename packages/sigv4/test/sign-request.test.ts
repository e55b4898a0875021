import { NEVER_SIGNED, presignUrl, signRequest, STREAMING_SIGNED } from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'

const base = {
  url: 'http://localhost:9000/bucket/key',
  credentials: { accessKeyId: 'mill', secretAccessKey: 'race' },
  region: 'us-east-1',
  now: Date.UTC(2026, 0, 1),
}
const invalid = expect.objectContaining({ code: 'ERR_SIGV4_INVALID_ARGUMENT' })

describe('signRequest()', () => {
  test('signs all headers but those that change on the way', () => {
    const headers = Object.fromEntries([...NEVER_SIGNED].map((name) => [name, 'x']))
    const { headers: added } = signRequest({ ...base, headers: { ...headers, 'content-md5': 'x' } })
    expect(added['authorization']).toContain(
      'SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date,',
    )
  })

  test('joins values of one name with commas, in their order', () => {
    const { canonicalRequest } = signRequest({
      ...base,
      headers: [
        ['X-Amz-Meta-A', 'b'],
        ['x-amz-meta-a', ' a '],
      ],
    })
    expect(canonicalRequest).toContain('\nx-amz-meta-a:b,a\n')
  })

  test('takes the host from the URL, without a standard port, in lower case', () => {
    const hostOf = (url: string) => signRequest({ ...base, url }).headers['host']
    expect(hostOf('HTTPS://Example.COM:443/a')).toBe('example.com')
    expect(hostOf('http://example.com:80')).toBe('example.com')
    expect(hostOf('http://example.com:443/')).toBe('example.com:443')
    expect(hostOf('http://[::1]:9000/')).toBe('[::1]:9000')
    expect(signRequest({ ...base, headers: { Host: 'other' } }).headers['host']).toBe('other')
  })

  test('keeps dot segments of a string URL', () => {
    const { canonicalRequest } = signRequest({ ...base, url: 'http://h/b/a/../c//d?x#f' })
    expect(canonicalRequest.startsWith('GET\n/b/a/../c//d\nx=\n')).toBe(true)
  })

  test('adds the security token', () => {
    const credentials = { ...base.credentials, sessionToken: 'token' }
    const { headers } = signRequest({ ...base, credentials })
    expect(headers['x-amz-security-token']).toBe('token')
    expect(headers['authorization']).toContain('x-amz-security-token')
  })

  test.each([
    ['a relative URL', { url: '/bucket/key' }],
    ['another protocol', { url: 'ftp://h/a' }],
    ['user information', { url: 'http://a:b@h/' }],
    ['no region', { region: '' }],
    ['no key', { credentials: { accessKeyId: '', secretAccessKey: 'x' } }],
    ['no secret', { credentials: { accessKeyId: 'x', secretAccessKey: '' } }],
    ['a header value past Latin-1', { headers: { a: '漢' } }],
    ['a header value with a line end', { headers: { a: 'b\nc' } }],
    ['a stream of unknown length', { payloadHash: STREAMING_SIGNED }],
    ['a time that is none', { now: Number.NaN }],
  ])('throws at %s', (_name, options) => {
    expect(() => signRequest({ ...base, ...options })).toThrow(invalid)
  })

  test('throws at an unknown payload hash', () => {
    expect(() => signRequest({ ...base, payloadHash: 'none' })).toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    )
  })
})

describe('presignUrl()', () => {
  test.each([0, -1, 1.5, 604_801, Number.NaN])('throws at expires %d', (expires) => {
    expect(() => presignUrl({ ...base, expires })).toThrow(invalid)
  })

  test('throws at a URL that is presigned already', () => {
    expect(() => presignUrl({ ...base, url: presignUrl(base) })).toThrow(invalid)
  })

  test('carries the payload hash, where there is one, in the query', () => {
    const url = presignUrl({ ...base, payloadHash: '0'.repeat(64) })
    expect(url).toContain(`X-Amz-Content-Sha256=${'0'.repeat(64)}`)
  })
})
