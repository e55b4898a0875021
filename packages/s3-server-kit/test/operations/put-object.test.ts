import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { getText } from '@millrace/object-store'
import { expect, test } from 'vitest'
import { type KitServer, PAYLOAD_MODES, startKit } from '../kit-server.ts'

const md5 = (text: string | Uint8Array) => createHash('md5').update(text).digest()

async function withBucket(): Promise<KitServer> {
  const kit = await startKit()
  await kit.send('PUT', '/bucket')
  return kit
}

async function stored(kit: KitServer): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of (await kit.registry.openBucket('bucket')).list()) {
    if (entry.type === 'object') keys.push(entry.info.key)
  }
  return keys
}

test.each(PAYLOAD_MODES)('PutObject stores a body of payload mode %s', async (payload) => {
  await using kit = await withBucket()
  const body = 'grain '.repeat(50_000)
  const answer = await kit.send('PUT', '/bucket/key', { body, payload })
  expect(answer).toMatchObject({ status: 200, text: '' })
  expect(answer.headers.etag).toBe(`"${md5(body).toString('hex')}"`)
  expect(await getText(await kit.registry.openBucket('bucket'), 'key')).toBe(body)
})

test('PutObject keeps headers and metadata, and how the body travelled is not among them', async () => {
  await using kit = await withBucket()
  await kit.send('PUT', '/bucket/key', {
    body: 'x',
    payload: 'unsigned-trailer',
    headers: {
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'content-disposition': 'attachment',
      'content-language': 'de',
      expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
      'x-amz-meta-wheel': 'oak',
    },
  })
  const info = await (await kit.registry.openBucket('bucket')).head('key')
  expect(info.headers).toEqual({
    contentType: 'text/plain',
    cacheControl: 'no-cache',
    contentDisposition: 'attachment',
    contentLanguage: 'de',
    expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
  })
  expect(info.metadata).toEqual({ wheel: 'oak' })
  expect(info.owner).toBe('miller-id')
})

test.each([
  ['Content-MD5', { 'content-md5': md5('y').toString('base64') }, 'BadDigest'],
  ['malformed Content-MD5', { 'content-md5': 'AAAA' }, 'InvalidDigest'],
  ['CRC32', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 'BadDigest'],
  ['CRC32C', { 'x-amz-checksum-crc32c': 'AAAAAA==' }, 'BadDigest'],
  ['CRC64NVME', { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }, 'BadDigest'],
  ['SHA1', { 'x-amz-checksum-sha1': `${'A'.repeat(27)}=` }, 'BadDigest'],
  ['SHA256', { 'x-amz-checksum-sha256': `${'A'.repeat(43)}=` }, 'BadDigest'],
  ['malformed CRC32', { 'x-amz-checksum-crc32': 'AAAA' }, 'InvalidRequest'],
  [
    'two checksums',
    { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha1': `${'A'.repeat(27)}=` },
    'InvalidRequest',
  ],
  [
    'signed SHA-256',
    { 'x-amz-content-sha256': createHash('sha256').update('y').digest('hex') },
    'XAmzContentSHA256Mismatch',
  ],
] as const)('PutObject refuses a wrong %s and stores nothing', async (_name, headers, code) => {
  await using kit = await withBucket()
  const answer = await kit.send('PUT', '/bucket/key', {
    body: 'x',
    payload: code === 'XAmzContentSHA256Mismatch' ? 'hash' : 'unsigned',
    headers,
  })
  expect([answer.status, answer.code]).toEqual([400, code])
  expect(await stored(kit)).toEqual([])
})

test('PutObject refuses a payload mode that does not exist', async () => {
  await using kit = await withBucket()
  const answer = await kit.send('PUT', '/bucket/key', {
    body: 'x',
    spoil: (headers, body) => {
      headers['x-amz-content-sha256'] = 'STREAMING-NONSENSE'
      return body
    },
  })
  expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  expect(await stored(kit)).toEqual([])
})

test('PutObject keeps a checksum that was right, and gives it back', async () => {
  await using kit = await withBucket()
  const value = createHash('sha256').update('x').digest('base64')
  const put = await kit.send('PUT', '/bucket/key', {
    body: 'x',
    headers: { 'x-amz-checksum-sha256': value },
  })
  expect(put.headers['x-amz-checksum-sha256']).toBe(value)
  const got = await kit.send('GET', '/bucket/key', {
    headers: { 'x-amz-checksum-mode': 'ENABLED' },
  })
  expect(got.headers['x-amz-checksum-sha256']).toBe(value)
  expect(got.headers['x-amz-checksum-type']).toBe('FULL_OBJECT')
})

test('PutObject refuses a flipped byte in a signed chunk, and stores nothing', async () => {
  await using kit = await withBucket()
  const answer = await kit.send('PUT', '/bucket/key', {
    body: 'x'.repeat(200_000),
    payload: 'signed',
    spoil: (_headers, body) => {
      body[150_000] = (body[150_000] ?? 0) ^ 1
      return body
    },
  })
  expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch'])
  expect(await stored(kit)).toEqual([])
})

test('PutObject refuses a flipped byte before an unsigned trailer, and stores nothing', async () => {
  await using kit = await withBucket()
  const answer = await kit.send('PUT', '/bucket/key', {
    body: 'x'.repeat(1000),
    payload: 'unsigned-trailer',
    spoil: (_headers, body) => {
      body[500] = (body[500] ?? 0) ^ 1
      return body
    },
  })
  expect([answer.status, answer.code]).toEqual([400, 'BadDigest'])
  expect(await stored(kit)).toEqual([])
})

test.each([
  ['no trailer announced', { 'x-amz-trailer': '' }, 400],
  ['another trailer', { 'x-amz-trailer': 'x-amz-checksum-sha1' }, 400],
  ['a longer body than there is', { 'x-amz-decoded-content-length': '7' }, 400],
  ['a shorter body than there is', { 'x-amz-decoded-content-length': '5' }, 400],
  ['no length', { 'x-amz-decoded-content-length': 'many' }, 400],
] as const)('PutObject refuses an unsigned trailer with %s', async (_name, headers, status) => {
  await using kit = await withBucket()
  const answer = await kit.send('PUT', '/bucket/key', {
    body: 'grains',
    payload: 'unsigned-trailer',
    headers,
  })
  expect(answer.status).toBe(status)
  expect(await stored(kit)).toEqual([])
})

test('PutObject obeys If-None-Match: * and If-Match', async () => {
  await using kit = await withBucket()
  const create = { headers: { 'if-none-match': '*' }, body: 'x' }
  expect((await kit.send('PUT', '/bucket/key', create)).status).toBe(200)
  const again = await kit.send('PUT', '/bucket/key', create)
  expect([again.status, again.code]).toEqual([412, 'PreconditionFailed'])
  const wrong = await kit.send('PUT', '/bucket/key', { headers: { 'if-match': '"no"' }, body: 'y' })
  expect(wrong.status).toBe(412)
  const etag = `"${md5('x').toString('hex')}"`
  expect(
    (await kit.send('PUT', '/bucket/key', { headers: { 'if-match': etag }, body: 'y' })).status,
  ).toBe(200)
  const odd = await kit.send('PUT', '/bucket/key', {
    headers: { 'if-none-match': '"e"' },
    body: 'y',
  })
  expect([odd.status, odd.code]).toEqual([501, 'NotImplemented'])
})

test('PutObject lets exactly one of many creators win', async () => {
  await using kit = await withBucket()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      kit.send('PUT', '/bucket/key', { headers: { 'if-none-match': '*' }, body: `body ${i}` }),
    ),
  )
  const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
  expect(statuses[0]).toBe(200)
  expect(statuses.slice(1).every((status) => status === 412 || status === 409)).toBe(true)
})

test('PutObject needs a length, and refuses what is too large before it reads it', async () => {
  await using kit = await withBucket()
  const large = await kit.send('PUT', '/bucket/key', {
    headers: { 'x-amz-decoded-content-length': String(6 * 1024 ** 3) },
    payload: 'unsigned-trailer',
    body: 'x',
  })
  expect([large.status, large.code]).toEqual([400, 'EntityTooLarge'])
  expect(await stored(kit)).toEqual([])
})

test.each([
  ['x-amz-server-side-encryption', 'AES256', 501, 'NotImplemented'],
  ['x-amz-tagging', 'a=b', 501, 'NotImplemented'],
  ['x-amz-storage-class', 'MAGNETIC', 400, 'InvalidStorageClass'],
  ['x-amz-acl', 'public-read', 400, 'AccessControlListNotSupported'],
  ['x-amz-meta-long', 'x'.repeat(2049), 400, 'MetadataTooLarge'],
])('PutObject refuses %s instead of forgetting it', async (name, value, status, code) => {
  await using kit = await withBucket()
  const answer = await kit.send('PUT', '/bucket/key', { body: 'x', headers: { [name]: value } })
  expect([answer.status, answer.code]).toEqual([status, code])
  expect(await stored(kit)).toEqual([])
})

test('PutObject stores any key byte for byte, decoded exactly once', {
  timeout: 60_000,
}, async () => {
  await using kit = await withBucket()
  const store = await kit.registry.openBucket('bucket')
  const key = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((text) => !/\p{Surrogate}/u.test(text) && !text.includes('\0'))
  const special = fc.constantFrom(
    '..',
    'a/../b',
    '//',
    '/a',
    'a//',
    '%2e%2e%2f',
    '+ +',
    'a?b#c',
    '\\',
    'a%00',
    'é',
    '\u{1F33E}',
    'a&b=c',
    "'()*!~",
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(key, special), async (key) => {
      const path = Array.from(
        Buffer.from(key),
        (byte) => `%${byte.toString(16).padStart(2, '0')}`,
      ).join('')
      const put = await kit.send('PUT', `/bucket/${path}`, { body: key })
      expect(put.status).toBe(200)
      expect(await getText(store, key)).toBe(key)
      await store.delete(key)
      expect(await stored(kit)).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('PutObject refuses keys that are too long, or hold NUL, or are no UTF-8', async () => {
  await using kit = await withBucket()
  expect((await kit.send('PUT', `/bucket/${'k'.repeat(1024)}`, { body: '' })).status).toBe(200)
  const long = await kit.send('PUT', `/bucket/${'k'.repeat(1025)}`, { body: '' })
  expect([long.status, long.code]).toEqual([400, 'KeyTooLongError'])
  expect((await kit.send('PUT', '/bucket/a%00b', { body: '' })).code).toBe('InvalidArgument')
  expect((await kit.send('PUT', '/bucket/a%c0%ae', { body: '' })).code).toBe('InvalidURI')
})
