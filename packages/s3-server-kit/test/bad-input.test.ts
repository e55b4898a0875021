import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KitServer, startKit } from './kit-server.ts'

let kit: KitServer

beforeAll(async () => {
  // Everybody may do everything, so that nothing but the input itself can be refused.
  kit = await startKit({ authorize: () => true })
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', { body: 'grain' })
})

afterAll(() => kit[Symbol.asyncDispose]())

const HOST = 'Host: mill\r\n'
const CLOSE = 'Connection: close\r\n'
const put = (headers: string, body: string) =>
  `PUT /bucket/bad HTTP/1.1\r\n${HOST}${headers}\r\n${body}`
const get = (target: string, headers = '') =>
  `GET ${target} HTTP/1.1\r\n${HOST}${CLOSE}${headers}\r\n`

/** Name, request, and the S3 code of the answer; undefined where HTTP itself is broken and closing will do. */
const cases: readonly (readonly [string, string, string | undefined])[] = [
  [
    'Transfer-Encoding beside Content-Length',
    put('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'InvalidRequest',
  ],
  [
    'two Content-Lengths',
    put('Content-Length: 5\r\nContent-Length: 6\r\n', 'xxxxx'),
    'InvalidRequest',
  ],
  ['a Content-Length with a sign', put('Content-Length: +5\r\n', 'xxxxx'), 'InvalidRequest'],
  ['a Content-Length that is no number', put('Content-Length: 0x5\r\n', 'xxxxx'), 'InvalidRequest'],
  ['Transfer-Encoding: xchunked', put('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), undefined],
  [
    'a body without a length',
    put(`${CLOSE}Transfer-Encoding: chunked\r\n`, '1\r\nx\r\n0\r\n\r\n'),
    'MissingContentLength',
  ],
  ['a space before the colon', get('/bucket', 'X-A : b\r\n'), 'InvalidRequest'],
  ['a folded header', get('/bucket', 'X-A: b\r\n c\r\n'), 'InvalidRequest'],
  ['NUL in a header', get('/bucket', 'X-A: b\0c\r\n'), 'InvalidRequest'],
  [
    'headers of 20 KiB',
    get('/bucket', `X-A: ${'b'.repeat(20_480)}\r\n`),
    'RequestHeaderSectionTooLarge',
  ],
  ['a path of 64 KiB', get(`/bucket/${'a'.repeat(65_536)}`), 'RequestHeaderSectionTooLarge'],
  ['a path of 15 KiB', get(`/bucket/${'a'.repeat(15_000)}`), 'KeyTooLongError'],
  ['no Host', `GET /bucket HTTP/1.1\r\n${CLOSE}\r\n`, undefined],
  ['a percent sign alone', get('/bucket/a%'), 'InvalidURI'],
  ['half a percent sequence', get('/bucket/a%4'), 'InvalidURI'],
  ['an overlong slash', get('/bucket/a%c0%af'), 'InvalidURI'],
  ['half a surrogate', get('/bucket/%ed%a0%80'), 'InvalidURI'],
  ['bytes that are no UTF-8', get('/bucket/\u00ff\u00fe'), 'InvalidRequest'],
  ['NUL in a key', get('/bucket/a%00b'), 'InvalidArgument'],
  ['NUL in a bucket', get('/buc%00ket'), 'InvalidBucketName'],
  ['a bucket that walks up', get('/../etc/passwd'), 'InvalidBucketName'],
  ['a bucket that walks up, encoded', get('/%2e%2e%2fetc/passwd'), 'InvalidBucketName'],
  ['a bucket with a backslash', get('/bucket%5c..%5cother/key'), 'InvalidBucketName'],
  ['an absolute URI', get('http://mill/bucket/key'), 'InvalidURI'],
  ['an asterisk', `GET * HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 'InvalidURI'],
  ['two slashes for a bucket', get('//key'), 'InvalidBucketName'],
  ['PATCH', `PATCH /bucket/key HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 'MethodNotAllowed'],
  ['TRACE', `TRACE /bucket/key HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 'MethodNotAllowed'],
  ['OPTIONS', `OPTIONS /bucket/key HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 'AccessForbidden'],
  ['CONNECT', `CONNECT mill:80 HTTP/1.1\r\n${HOST}\r\n`, undefined],
  ['a method nobody knows', `GRIND /bucket HTTP/1.1\r\n${HOST}\r\n`, 'InvalidRequest'],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 'InvalidRequest'],
  ['HTTP/2 without negotiation', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'InvalidRequest'],
  ['Expect: weird', get('/bucket', 'Expect: weird\r\n'), undefined],
  [
    'a POST form',
    `POST /bucket HTTP/1.1\r\n${HOST}${CLOSE}Content-Length: 0\r\n\r\n`,
    'MethodNotAllowed',
  ],
  [
    'an empty copy source (Ceph 72669)',
    put(`${CLOSE}x-amz-copy-source:\r\n`, ''),
    'InvalidArgument',
  ],
  ['a name of 1,000 characters (Ceph 72502)', get(`/${'a'.repeat(1000)}`), 'InvalidBucketName'],
  ['SigV2', get('/bucket/key', 'Authorization: AWS MILLER:c2ln\r\n'), 'InvalidRequest'],
  [
    'SigV4A',
    get(
      '/bucket/key',
      'Authorization: AWS4-ECDSA-P256-SHA256 Credential=MILLER/20260101/s3/aws4_request, SignedHeaders=host, Signature=00\r\n',
    ),
    'NotImplemented',
  ],
  [
    'a service that is not S3 (CVE-2026-55873)',
    get(
      '/bucket/key',
      `x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nx-amz-date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=MILLER/20260101/us-east-1/s3tables/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}\r\n`,
    ),
    'AuthorizationHeaderMalformed',
  ],
]

test.each(cases)('%s is refused, and the next request is unharmed', async (_name, bytes, code) => {
  const text = await kit.raw(Buffer.from(bytes, 'latin1'))
  if (code !== undefined) expect(text).toContain(`<Code>${code}</Code>`)
  if (text !== '') expect(text).toMatch(/^HTTP\/1\.[01] [45]\d\d /)
  expect(text).not.toMatch(/^HTTP\/1\.[01] 500/)
  expect((await kit.send('GET', '/bucket/key')).text).toBe('grain')
  expect((await kit.send('HEAD', '/bucket/bad')).status).toBe(404)
})

test('the table of bad input has not shrunk', () => {
  expect(cases.length).toBeGreaterThanOrEqual(40)
})

test('a bad request behind a good one ends the connection, and puts nothing into the good answer', async () => {
  const text = await kit.raw(
    `GET /bucket/key HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\nX-A : b\r\n\r\n`,
  )
  expect(['', 'HTTP/1.1 200']).toContain(text.slice(0, 12))
  expect(text).not.toContain('HTTP/1.1 400')
})

test('two good requests in one packet are both answered', async () => {
  const text = await kit.raw(get('/bucket/key').replace(CLOSE, '') + get('/bucket/none'))
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404'])
})

test('HTTP/1.0 is answered and closed', async () => {
  expect(await kit.raw('GET /bucket/key HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK[^]*grain$/)
})

test('a body that breaks off stores nothing', async () => {
  const { connect } = await import('node:net')
  const socket = connect(kit.port, '127.0.0.1')
  socket.write(put('Content-Length: 1000\r\n', 'only this'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await kit.send('HEAD', '/bucket/bad')).status).toBe(404)
  expect(kit.errors).toEqual([])
})

test('no answer says which version of anything serves it', async () => {
  const { headers } = await kit.send('GET', '/bucket/key')
  expect(headers.server).toBe('Millrace')
  expect(headers['x-powered-by']).toBeUndefined()
})
