import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FOX, type KitServer, startKit } from '../kit-server.ts'

const BODY = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251))

async function withObject(): Promise<KitServer> {
  const kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', {
    body: BODY,
    headers: { 'content-type': 'text/plain', 'x-amz-meta-name': 'M\u00c3\u00bchle' },
  })
  return kit
}

test('GetObject gives bytes, headers and metadata as they came', async () => {
  await using kit = await withObject()
  const answer = await kit.send('GET', '/bucket/key')
  expect(answer.status).toBe(200)
  expect(answer.body.equals(BODY)).toBe(true)
  expect(answer.headers).toMatchObject({
    'content-length': '1000',
    'content-type': 'text/plain',
    'accept-ranges': 'bytes',
    'x-amz-meta-name': 'M\u00c3\u00bchle',
    'x-content-type-options': 'nosniff',
    server: 'Millrace',
  })
  expect(answer.headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/)
  expect(answer.headers['last-modified']).toMatch(/GMT$/)
  expect(answer.headers['x-amz-version-id']).toBeUndefined()
})

test('GetObject gives any range', { timeout: 60_000 }, async () => {
  await using kit = await withObject()
  await fc.assert(
    fc.asyncProperty(fc.nat(999), fc.nat(1200), async (start, length) => {
      const last = start + length
      const answer = await kit.send('GET', '/bucket/key', {
        headers: { range: `bytes=${start}-${last}` },
      })
      const end = Math.min(last + 1, 1000)
      expect(answer.status).toBe(206)
      expect(answer.headers['content-range']).toBe(`bytes ${start}-${end - 1}/1000`)
      expect(answer.body.equals(BODY.subarray(start, end))).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test.each([
  ['bytes=-10', 206, 10],
  ['bytes=-5000', 206, 1000],
  ['bytes=990-', 206, 10],
  ['bytes=0-0', 206, 1],
  ['bytes=5-2', 200, 1000],
  ['bytes=0-0,2-3', 200, 1000],
  ['lines=1-2', 200, 1000],
  ['bytes=abc', 200, 1000],
])('GetObject answers Range: %s as S3 does', async (range, status, length) => {
  await using kit = await withObject()
  const answer = await kit.send('GET', '/bucket/key', { headers: { range } })
  expect([answer.status, answer.body.byteLength]).toEqual([status, length])
})

test.each(['bytes=1000-', 'bytes=-0', 'bytes=99999999999999999999-'])(
  'GetObject answers 416 to Range: %s',
  async (range) => {
    await using kit = await withObject()
    const answer = await kit.send('GET', '/bucket/key', { headers: { range } })
    expect([answer.status, answer.code]).toEqual([416, 'InvalidRange'])
    expect(answer.headers['content-range']).toBe('bytes */1000')
  },
)

test('GetObject of an empty object is 200 and its ranges are 416', async () => {
  await using kit = await withObject()
  await kit.send('PUT', '/bucket/empty', { body: '' })
  expect(await kit.send('GET', '/bucket/empty')).toMatchObject({ status: 200, text: '' })
  expect((await kit.send('GET', '/bucket/empty', { headers: { range: 'bytes=0-' } })).status).toBe(
    416,
  )
})

test('GetObject evaluates conditions, and 304 carries the ETag and no body', async () => {
  await using kit = await withObject()
  const { etag = '', 'last-modified': modified = '' } = (await kit.send('GET', '/bucket/key'))
    .headers
  const get = (headers: Record<string, string>) => kit.send('GET', '/bucket/key', { headers })
  expect((await get({ 'if-match': etag })).status).toBe(200)
  expect((await get({ 'if-match': '"other"' })).code).toBe('PreconditionFailed')
  const notModified = await get({ 'if-none-match': `"a", W/${etag}` })
  expect(notModified).toMatchObject({ status: 304, text: '' })
  expect(notModified.headers.etag).toBe(etag)
  expect((await get({ 'if-modified-since': modified })).status).toBe(304)
  expect((await get({ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status).toBe(412)
  expect(
    (await get({ 'if-match': etag, 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }))
      .status,
  ).toBe(200)
  expect((await get({ 'if-modified-since': 'tomorrow' })).status).toBe(200)
})

test('GetObject obeys If-Range', async () => {
  await using kit = await withObject()
  const { etag = '', 'last-modified': modified = '' } = (await kit.send('HEAD', '/bucket/key'))
    .headers
  const get = async (ifRange: string) =>
    (await kit.send('GET', '/bucket/key', { headers: { range: 'bytes=0-9', 'if-range': ifRange } }))
      .status
  expect(await get(etag)).toBe(206)
  expect(await get('"old"')).toBe(200)
  expect(await get(`W/${etag}`)).toBe(200)
  expect(await get(modified)).toBe(206)
  expect(await get('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(200)
})

test('GetObject lets the request override headers of the answer', async () => {
  await using kit = await withObject()
  const answer = await kit.send(
    'GET',
    '/bucket/key?response-content-type=image%2Fpng&response-content-disposition=attachment%3B%20filename%3D%22a%22',
  )
  expect(answer.headers['content-type']).toBe('image/png')
  expect(answer.headers['content-disposition']).toBe('attachment; filename="a"')
  const split = await kit.send('GET', '/bucket/key?response-content-type=a%0d%0aSet-Cookie%3A%20b')
  expect([split.status, split.code]).toEqual([400, 'InvalidArgument'])
})

test('GetObject says NoSuchKey with the key, and nothing of it to others', async () => {
  await using kit = await withObject()
  const missing = await kit.send('GET', '/bucket/a%26%3Cb')
  expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey'])
  expect(missing.text).toContain('<Key>a&amp;&lt;b</Key>')
  const other = await kit.send('GET', '/bucket/key', {
    user: FOX,
    headers: { 'if-none-match': '*' },
  })
  expect([other.status, other.code]).toEqual([403, 'AccessDenied'])
  expect(other.headers.etag).toBeUndefined()
})

test('GetObject gives partNumber=1 of an object that has no parts as 206', async () => {
  await using kit = await withObject()
  const answer = await kit.send('GET', '/bucket/key?partNumber=1')
  expect([answer.status, answer.headers['content-range']]).toEqual([206, 'bytes 0-999/1000'])
  const second = await kit.send('GET', '/bucket/key?partNumber=2')
  expect([second.status, second.code]).toEqual([416, 'InvalidPartNumber'])
  for (const wrong of ['0', '-1', '10001', 'abc', '1e3', '']) {
    expect((await kit.send('GET', `/bucket/key?partNumber=${wrong}`)).code).toBe('InvalidArgument')
  }
})
