import {
  formatS3Error,
  formatS3Response,
  parseS3Request,
  S3_ERRORS,
  S3Error,
  type S3ErrorCode,
} from '@millrace/s3-protocol'
import { expect, test } from 'vitest'

const request = { requestId: '7', resource: '/bucket/<key>', method: 'GET' }

test.each(Object.keys(S3_ERRORS) as S3ErrorCode[])('%s has a status and a message', (code) => {
  const error = new S3Error(code)
  expect(error.status).toBeGreaterThanOrEqual(300)
  expect(error.status).toBeLessThan(600)
  expect(error.message.length).toBeGreaterThan(4)
  const { status, text } = formatS3Error(error, request)
  expect(status).toBe(error.status)
  if (status !== 304) expect(text).toContain(`<Error><Code>${code}</Code>`)
})

test('formatS3Error() writes details, resource and id, and escapes them', () => {
  const error = new S3Error('NoSuchKey', {
    details: { Key: 'a&b', 'no good name': 'x' },
    headers: { 'Retry-After': '1' },
  })
  const { headers, text } = formatS3Error(error, request)
  expect(text).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key><Resource>/bucket/&lt;key&gt;</Resource><RequestId>7</RequestId><HostId>7</HostId></Error>',
  )
  expect(headers).toEqual([
    'Retry-After',
    '1',
    'Content-Type',
    'application/xml',
    'Content-Length',
    String(text?.length),
  ])
})

test('formatS3Error() has no body for HEAD and for 304', () => {
  expect(
    formatS3Error(new S3Error('NoSuchKey'), { ...request, method: 'HEAD' }).text,
  ).toBeUndefined()
  expect(formatS3Error(new S3Error('NotModified'), request)).toEqual({ status: 304, headers: [] })
})

test('formatS3Response() writes an objects headers, and only what may stand in one', () => {
  const head = parseS3Request({ method: 'HEAD', rawUrl: '/bucket/key', headers: {} })
  const { status, headers } = formatS3Response(head, {
    etag: 'e',
    lastModified: new Date(0),
    size: 10,
    range: { start: 2, end: 4 },
    partial: true,
    versionId: '3',
    headers: { contentDisposition: 'attachment; filename="Mühle\r\n.txt"' },
    metadata: { name: 'ü' },
    checksums: [{ algorithm: 'CRC32', value: 'AAAAAA==', type: 'FULL_OBJECT' }],
    partsCount: 2,
  })
  expect(status).toBe(206)
  const byName = new Map(
    headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]] as const] : [])),
  )
  expect(Object.fromEntries(byName)).toMatchObject({
    ETag: '"e"',
    'Last-Modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
    'Content-Length': '2',
    'Content-Range': 'bytes 2-3/10',
    'Content-Type': 'binary/octet-stream',
    'x-amz-version-id': '3',
    'x-amz-checksum-crc32': 'AAAAAA==',
    'x-amz-checksum-type': 'FULL_OBJECT',
    'x-amz-mp-parts-count': '2',
    'x-amz-meta-name': '\u00c3\u00bc',
  })
  expect(byName.get('content-disposition')).toBe('attachment; filename="M\u00c3\u00bchle  .txt"')
})

test('formatS3Response() knows the status of success and the length of nothing', () => {
  const put = parseS3Request({ method: 'PUT', rawUrl: '/bucket', headers: {} })
  expect(formatS3Response(put, {})).toEqual({
    status: 200,
    headers: ['Location', '/bucket', 'Content-Length', '0'],
  })
  const del = parseS3Request({ method: 'DELETE', rawUrl: '/bucket', headers: {} })
  expect(formatS3Response(del, {})).toEqual({ status: 204, headers: [] })
})
