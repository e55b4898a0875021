import * as fc from 'fast-check'
import { parseS3Request, S3_LIMITS, S3Error } from '@millrace/s3-protocol'
import { expect, test } from 'vitest'

const parse = (line: string, headers: Record<string, string> = {}, domains?: readonly string[]) => {
  const space = line.indexOf(' ')
  return parseS3Request({
    method: line.slice(0, space),
    rawUrl: line.slice(space + 1),
    headers,
    domains,
  })
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof S3Error) return error.code
    throw error
  }
  return 'nothing'
}

const encode = (key: string): string =>
  Array.from(Buffer.from(key), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

test('parseS3Request() decodes any key exactly once', () => {
  const key = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 200 })
    .filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(key, (key) => {
      expect(parse(`GET /bucket/${encode(key)}`)).toMatchObject({
        operation: 'GetObject',
        bucket: 'bucket',
        key,
      })
    }),
  )
})

test('parseS3Request() never throws anything but an S3Error of 4xx or 501', () => {
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH')
  const piece = fc.constantFrom(
    '/',
    'bucket',
    '%',
    '%2',
    '%2f',
    '%00',
    '?',
    '&',
    '=',
    'uploadId',
    'partNumber',
    'acl',
    'versions',
    'list-type=2',
    '..',
    '\u00ff',
    '+',
    ' ',
    '#',
    'max-keys=1',
    'continuation-token=x',
  )
  const url = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)
  const header = fc.constantFrom(
    'range',
    'if-match',
    'x-amz-copy-source',
    'content-md5',
    'x-amz-checksum-crc32',
    'x-amz-trailer',
    'x-amz-checksum-type',
    'x-amz-mp-object-size',
    'x-amz-object-attributes',
    'x-amz-copy-source-range',
  )
  const headers = fc.dictionary(header, fc.string({ maxLength: 30 }), { maxKeys: 3 })
  fc.assert(
    fc.property(method, url, headers, (method, rawUrl, headers) => {
      try {
        parseS3Request({ method, rawUrl, headers })
      } catch (error) {
        expect(error).toBeInstanceOf(S3Error)
        const { status } = error as S3Error
        expect((status >= 400 && status < 500) || status === 501).toBe(true)
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['GET /', 'ListBuckets'],
  ['GET /?x-id=ListBuckets', 'ListBuckets'],
  ['PUT /bucket', 'CreateBucket'],
  ['PUT /bucket/', 'CreateBucket'],
  ['HEAD /bucket', 'HeadBucket'],
  ['DELETE /bucket', 'DeleteBucket'],
  ['GET /bucket?location', 'GetBucketLocation'],
  ['GET /bucket?location=', 'GetBucketLocation'],
  ['GET /bucket', 'ListObjects'],
  ['GET /bucket?list-type=1', 'ListObjects'],
  ['GET /bucket?prefix=&delimiter=', 'ListObjects'],
  ['GET /bucket?list-type=2&prefix=a', 'ListObjectsV2'],
  ['GET /bucket?versions', 'ListObjectVersions'],
  ['GET /bucket?uploads', 'ListMultipartUploads'],
  ['POST /bucket?delete', 'DeleteObjects'],
  ['POST /bucket/?delete', 'DeleteObjects'],
  ['GET /bucket/key', 'GetObject'],
  ['GET /bucket/key?versionId=1&partNumber=2', 'GetObject'],
  ['GET /bucket//', 'GetObject'],
  ['HEAD /bucket/key', 'HeadObject'],
  ['PUT /bucket/key', 'PutObject'],
  ['PUT /bucket/key?x-amz-acl=private', 'PutObject'],
  ['PUT /bucket/key?partNumber=1&uploadId=u', 'UploadPart'],
  ['POST /bucket/key?uploads', 'CreateMultipartUpload'],
  ['POST /bucket/key?uploads=', 'CreateMultipartUpload'],
  ['POST /bucket/key?uploadId=u', 'CompleteMultipartUpload'],
  ['DELETE /bucket/key?uploadId=u', 'AbortMultipartUpload'],
  ['GET /bucket/key?uploadId=u', 'ListParts'],
  ['DELETE /bucket/key', 'DeleteObject'],
  ['GET /bucket/key?acl', 'GetObjectAcl'],
  ['GET /bucket?acl', 'GetBucketAcl'],
])('%s is %s', (line, operation) => {
  expect(parse(line).operation).toBe(operation)
})

test('a copy source makes a copy of a put', () => {
  const headers = { 'x-amz-copy-source': 'other/a%20b' }
  const copy = parse('PUT /bucket/key', headers)
  expect(copy).toMatchObject({
    operation: 'CopyObject',
    input: { source: { bucket: 'other', key: 'a b' } },
  })
  expect(parse('PUT /bucket/key?partNumber=1&uploadId=u', headers).operation).toBe('UploadPartCopy')
})

test.each([
  ['GET http://mill/bucket', 'InvalidURI'],
  ['GET *', 'InvalidURI'],
  ['GET /bucket/%', 'InvalidURI'],
  ['GET /bucket?prefix=%f', 'InvalidURI'],
  ['GET /bucket/a#b', 'InvalidURI'],
  [`GET /bucket/${'a'.repeat(S3_LIMITS.targetBytes)}`, 'InvalidURI'],
  ['GET /Bucket', 'InvalidBucketName'],
  ['GET //key', 'InvalidBucketName'],
  ['GET /bucket%2Fkey', 'InvalidBucketName'],
  [`GET /bucket/${'a'.repeat(1025)}`, 'KeyTooLongError'],
  ['GET /bucket/%00', 'InvalidArgument'],
  ['GET /bucket?acl&policy', 'InvalidArgument'],
  ['GET /bucket?prefix=a&prefix=a', 'InvalidArgument'],
  ['GET /bucket/key?versionId=', 'InvalidArgument'],
  ['PUT /bucket/key?partNumber=1', 'InvalidArgument'],
  ['PUT /bucket/key?versionId=1', 'InvalidArgument'],
  ['PUT /bucket/key?uploadId=', 'NoSuchUpload'],
  ['GET /bucket?inventory&id=1', 'NotImplemented'],
  ['GET /bucket?unheard-of', 'NotImplemented'],
  ['PUT /bucket?cors', 'NotImplemented'],
  ['DELETE /bucket?policy', 'NotImplemented'],
  ['POST /bucket', 'MethodNotAllowed'],
  ['POST /', 'MethodNotAllowed'],
  ['PATCH /bucket/key', 'MethodNotAllowed'],
  ['OPTIONS /bucket', 'AccessForbidden'],
])('%s is refused with %s', (line, code) => {
  expect(codeOf(() => parse(line))).toBe(code)
})

test('a parameter of the clients own is let pass', () => {
  expect(parse('GET /bucket/key?cache-buster=17').operation).toBe('GetObject')
})

test('virtual-host style names the bucket in the host, where a domain is known', () => {
  const domains = ['s3.test', 's3.example']
  const hosted = (host: string, line = 'GET /a/b') => {
    const { bucket, key } = parse(line, { host }, domains)
    return [bucket, key]
  }
  expect(hosted('photos.s3.test')).toEqual(['photos', 'a/b'])
  expect(hosted('PHOTOS.S3.Example:9000')).toEqual(['photos', 'a/b'])
  expect(hosted('my.photos.s3.test')).toEqual(['my.photos', 'a/b'])
  expect(hosted('s3.test', 'GET /bucket/b')).toEqual(['bucket', 'b'])
  expect(hosted('nots3.test', 'GET /bucket/b')).toEqual(['bucket', 'b'])
  expect(hosted('127.0.0.1:9000', 'GET /bucket/b')).toEqual(['bucket', 'b'])
  expect(codeOf(() => hosted('user@x.s3.test'))).toBe('InvalidBucketName')
  expect(parse('GET /', { host: 'photos.s3.test' }, domains).operation).toBe('ListObjects')
})

test('a read takes one range, conditions, part and overrides', () => {
  const { input } = parse('GET /bucket/key?response-content-type=text/plain', {
    range: 'bytes=5-',
    'if-range': '"e"',
    'if-none-match': '"a", W/"b"',
    'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT',
    'x-amz-checksum-mode': 'enabled',
  })
  expect(input).toMatchObject({
    range: { start: 5 },
    ifRange: 'e',
    conditions: {
      ifNoneMatch: ['a', 'W/b'],
      ifModifiedSince: new Date(Date.UTC(1994, 10, 6, 8, 49, 37)),
    },
    overrides: { contentType: 'text/plain' },
    checksumMode: true,
  })
  expect(codeOf(() => parse('GET /bucket/key?partNumber=1', { range: 'bytes=0-1' }))).toBe(
    'InvalidRequest',
  )
  expect(
    codeOf(() => parse('GET /bucket/key', { 'x-amz-server-side-encryption-customer-key': 'k' })),
  ).toBe('NotImplemented')
})

test('metadata with odd names is metadata and nothing else', () => {
  const { input } = parse('PUT /bucket/key', {
    'x-amz-meta-__proto__': 'a',
    'x-amz-meta-constructor': 'b',
  })
  const { metadata } = input as { metadata: Record<string, string> }
  expect(Object.keys(metadata).sort()).toEqual(['__proto__', 'constructor'])
  expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype)
  expect(({} as Record<string, unknown>)['a']).toBeUndefined()
})
