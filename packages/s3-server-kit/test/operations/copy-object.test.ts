import { expect, test } from 'vitest'
import { element, FOX, type KitServer, startKit } from '../kit-server.ts'

async function withSource(): Promise<KitServer> {
  const kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/other')
  await kit.send('PUT', '/bucket/a%3Fb', {
    body: 'grain',
    headers: { 'content-type': 'text/plain', 'x-amz-meta-wheel': 'oak' },
  })
  return kit
}

const copy = (kit: KitServer, to: string, source: string, headers: Record<string, string> = {}) =>
  kit.send('PUT', to, { headers: { 'x-amz-copy-source': source, ...headers } })

test('CopyObject copies bytes, headers and metadata between buckets', async () => {
  await using kit = await withSource()
  const answer = await copy(kit, '/other/to', '/bucket/a%3Fb')
  expect(answer.status).toBe(200)
  const got = await kit.send('GET', '/other/to')
  expect(got.text).toBe('grain')
  expect(got.headers).toMatchObject({ 'content-type': 'text/plain', 'x-amz-meta-wheel': 'oak' })
  expect(element(answer.text, 'ETag')).toBe(got.headers.etag?.replaceAll('"', '&quot;'))
})

test('CopyObject replaces metadata where it is told to, also on the object itself', async () => {
  await using kit = await withSource()
  const itself = await copy(kit, '/bucket/a%3Fb', 'bucket/a%3Fb')
  expect([itself.status, itself.code]).toEqual([400, 'InvalidRequest'])
  const replaced = await copy(kit, '/bucket/a%3Fb', 'bucket/a%3Fb', {
    'x-amz-metadata-directive': 'REPLACE',
    'x-amz-meta-wheel': 'iron',
  })
  expect(replaced.status).toBe(200)
  const got = await kit.send('GET', '/bucket/a%3Fb')
  expect([got.text, got.headers['x-amz-meta-wheel']]).toEqual(['grain', 'iron'])
})

test('CopyObject obeys conditions on its source, and is never 304', async () => {
  await using kit = await withSource()
  const { etag = '' } = (await kit.send('HEAD', '/bucket/a%3Fb')).headers
  const to = (header: string, value: string) =>
    copy(kit, '/other/to', 'bucket/a%3Fb', { [`x-amz-copy-source-${header}`]: value })
  expect((await to('if-match', etag)).status).toBe(200)
  expect((await to('if-match', '"no"')).status).toBe(412)
  expect((await to('if-none-match', etag)).status).toBe(412)
  expect((await to('if-modified-since', 'Thu, 01 Jan 2099 00:00:00 GMT')).status).toBe(412)
})

test('CopyObject computes a checksum where it is asked for one', async () => {
  await using kit = await withSource()
  const answer = await copy(kit, '/other/to', 'bucket/a%3Fb', {
    'x-amz-checksum-algorithm': 'SHA256',
  })
  expect(element(answer.text, 'ChecksumSHA256')).toHaveLength(44)
})

test('CopyObject reads only what its caller may read (CVE-2026-39360)', async () => {
  await using kit = await withSource()
  await kit.send('PUT', '/fox-den', { user: FOX })
  const answer = await kit.send('PUT', '/fox-den/loot', {
    user: FOX,
    headers: { 'x-amz-copy-source': '/bucket/a%3Fb' },
  })
  expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
  expect((await kit.send('HEAD', '/fox-den/loot', { user: FOX })).status).toBe(404)
})

test.each([
  ['', 400],
  ['bucket', 400],
  ['/bucket/', 400],
  ['//key', 400],
  ['bucket/a%3Fb?versionId=', 400],
  ['bucket/a%3Fb?other=1', 400],
  ['bucket/%c0%ae', 400],
  ['bucket/a%00', 400],
  ['../bucket/a', 400],
  ['bucket/never', 404],
  ['nothing/never', 404],
])('CopyObject answers x-amz-copy-source: "%s" with %i', async (source, status) => {
  await using kit = await withSource()
  const answer = await copy(kit, '/other/to', source)
  expect(answer.status).toBe(status)
  expect((await kit.send('HEAD', '/other/to')).status).toBe(404)
})
