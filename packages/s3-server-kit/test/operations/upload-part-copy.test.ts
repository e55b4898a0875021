import { expect, test } from 'vitest'
import { element } from '../kit-server.ts'
import { begin, completeXml, withBucket } from '../uploads.ts'

test('UploadPartCopy takes a range of an object as a part', async () => {
  await using kit = await withBucket()
  await kit.send('PUT', '/bucket/source', { body: '0123456789' })
  const uploadId = await begin(kit)
  const target = `/bucket/key?partNumber=1&uploadId=${uploadId}`
  const copy = (range: string) =>
    kit.send('PUT', target, {
      headers: { 'x-amz-copy-source': '/bucket/source', 'x-amz-copy-source-range': range },
    })
  const answer = await copy('bytes=2-5')
  const etag = element(answer.text, 'ETag')?.replaceAll('&quot;', '"') ?? ''
  await kit.send('POST', `/bucket/key?uploadId=${uploadId}`, { body: completeXml([[1, etag]]) })
  expect((await kit.send('GET', '/bucket/key')).text).toBe('2345')
})

test.each(['bytes=5-100', 'bytes=5-2', 'bytes=-3', 'bytes=3-', '1-2'])(
  'UploadPartCopy refuses the range %s',
  async (range) => {
    await using kit = await withBucket()
    await kit.send('PUT', '/bucket/source', { body: '0123456789' })
    const answer = await kit.send('PUT', `/bucket/key?partNumber=1&uploadId=${await begin(kit)}`, {
      headers: { 'x-amz-copy-source': '/bucket/source', 'x-amz-copy-source-range': range },
    })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  },
)

test('UploadPartCopy computes the checksum that the upload takes', async () => {
  await using kit = await withBucket()
  await kit.send('PUT', '/bucket/source', { body: '0123456789' })
  const uploadId = await begin(kit, 'key', { 'x-amz-checksum-algorithm': 'CRC32' })
  const answer = await kit.send('PUT', `/bucket/key?partNumber=1&uploadId=${uploadId}`, {
    headers: { 'x-amz-copy-source': 'bucket/source' },
  })
  expect(element(answer.text, 'ChecksumCRC32')).toBe('poTHxg==')
})
