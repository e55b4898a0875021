import * as fc from 'fast-check'
import {
  bodyDigestsOf,
  checkBucketName,
  checkObjectKey,
  decodeContinuationToken,
  encodeContinuationToken,
  encodeListingText,
  formatHttpDate,
  isBucketName,
  parseCopySource,
  parseEntityTags,
  parseHttpDate,
  S3_ROUTES,
  userMetadataOf,
} from '@millrace/s3-protocol'
import { expect, test } from 'vitest'

test('formatHttpDate() and parseHttpDate() agree, second for second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
      const date = new Date(second * 1000)
      expect(formatHttpDate(date)).toBe(date.toUTCString())
      expect(parseHttpDate(formatHttpDate(date))).toEqual(date)
      expect(parseHttpDate(date.toISOString())).toEqual(date)
    }),
  )
})

test.each([
  '',
  'yesterday',
  'Sun, 31 Feb 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:49:37 GMT',
  'Sun, 06 Nov 1994 08:60:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 CET',
  '1994',
  '-1',
  'NaN',
  '9'.repeat(5000),
])('parseHttpDate() takes "%s" for no date', (text) => {
  expect(parseHttpDate(text)).toBeUndefined()
})

test('parseHttpDate() takes the two old forms', () => {
  const date = new Date(Date.UTC(1994, 10, 6, 8, 49, 37))
  expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT')).toEqual(date)
  expect(parseHttpDate('Sun Nov  6 08:49:37 1994')).toEqual(date)
  expect(parseHttpDate('Sunday, 06-Nov-30 08:49:37 GMT')?.getUTCFullYear()).toBe(2030)
})

test.each([
  ['"a"', ['a']],
  ['a', ['a']],
  ['W/"a"', ['W/a']],
  ['"a", "b" ,W/"c"', ['a', 'b', 'W/c']],
  ['"a,b"', ['a,b']],
  [' * ', '*'],
  ['', []],
  ['""', ['']],
])('parseEntityTags() reads %s', (text, tags) => {
  expect(parseEntityTags(text)).toEqual(tags)
})

test('continuation tokens are opaque, safe in a URL, and come back the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (key) => {
      const token = encodeContinuationToken(key)
      expect(token).toMatch(/^[\w-]+$/)
      expect(decodeContinuationToken(token)).toBe(key)
    }),
  )
})

test.each(['', 'x', '!', 'MQ==', 'Mf8', 'MmE'])(
  'decodeContinuationToken() refuses "%s"',
  (token) => {
    expect(() => decodeContinuationToken(token)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    )
  },
)

test('encodeListingText() is undone by every way clients have of undoing it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const encoded = encodeListingText(text)
      expect(encoded).toMatch(/^[\w\-.~*/%]*$/)
      expect(decodeURIComponent(encoded)).toBe(text)
      expect(decodeURIComponent(encoded.replaceAll('+', ' '))).toBe(text)
    }),
  )
})

test('isBucketName() and checkBucketName() agree', () => {
  for (const name of ['abc', 'a-b.c', '0a0', 'a'.repeat(63)])
    expect(checkBucketName(name)).toBe(name)
  for (const name of [
    '',
    'ab',
    'a'.repeat(64),
    'A-b',
    'a_b',
    '.abc',
    'abc.',
    '-abc',
    'abc-',
    'a..b',
    '1.2.3.4',
    'xn--a',
    'sthree-a',
    'a-s3alias',
    'a--x-s3',
    'a/b',
    'a\0b',
    'äbc',
  ]) {
    expect(isBucketName(name), name).toBe(false)
    expect(() => checkBucketName(name)).toThrow(
      expect.objectContaining({ code: 'InvalidBucketName' }),
    )
  }
})

test('checkObjectKey() counts bytes', () => {
  expect(checkObjectKey('é'.repeat(512))).toHaveLength(512)
  expect(() => checkObjectKey('é'.repeat(513))).toThrow(
    expect.objectContaining({ code: 'KeyTooLongError' }),
  )
  expect(() => checkObjectKey('')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
})

test('userMetadataOf() counts names and values', () => {
  expect(userMetadataOf({ 'x-amz-meta-a': 'x'.repeat(2047) })).toEqual({ a: 'x'.repeat(2047) })
  expect(() => userMetadataOf({ 'x-amz-meta-ab': 'x'.repeat(2047) })).toThrow(
    expect.objectContaining({ code: 'MetadataTooLarge' }),
  )
  expect(userMetadataOf({ 'x-amz-meta-u': '\u00c3\u00bc', 'x-amz-meta-l': '\u00fc' })).toEqual({
    u: 'ü',
    l: 'ü',
  })
})

test('parseCopySource() decodes after it has looked for the question mark', () => {
  expect(parseCopySource('bucket/a%3FversionId=1')).toEqual({
    bucket: 'bucket',
    key: 'a?versionId=1',
  })
  expect(parseCopySource('/bucket/a/%2e%2e/b?versionId=v%31')).toEqual({
    bucket: 'bucket',
    key: 'a/../b',
    versionId: 'v1',
  })
  expect(parseCopySource('bucket%2Fa%2Fb')).toEqual({ bucket: 'bucket', key: 'a/b' })
  expect(parseCopySource('bucket/a%252e')).toEqual({ bucket: 'bucket', key: 'a%2e' })
  expect(parseCopySource('bucket/a+b')).toEqual({ bucket: 'bucket', key: 'a+b' })
})

test('bodyDigestsOf() takes one checksum, in header or trailer', () => {
  expect(bodyDigestsOf({})).toEqual({})
  expect(bodyDigestsOf({ 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' })).toEqual({
    checksum: { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' },
  })
  expect(bodyDigestsOf({ 'x-amz-trailer': ' X-Amz-Checksum-SHA1 ' })).toEqual({
    checksum: { algorithm: 'SHA1' },
  })
  for (const headers of [
    { 'x-amz-trailer': 'x-amz-meta-a' },
    { 'x-amz-checksum-crc32': 'AAAAAA' },
    { 'x-amz-checksum-sha256': 'AAAAAA==' },
  ]) {
    expect(() => bodyDigestsOf(headers as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'InvalidRequest' }),
    )
  }
})

test('the route table has each operation once, and each request one row', () => {
  const names = S3_ROUTES.map(({ operation }) => operation)
  expect(new Set(names).size).toBe(names.length)
  const requests = S3_ROUTES.map(
    ({ method, target, query, header }) => `${method} ${target} ${query} ${header}`,
  )
  expect(new Set(requests).size).toBe(requests.length)
})
