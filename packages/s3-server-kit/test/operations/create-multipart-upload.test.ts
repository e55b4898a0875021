import { expect, test } from 'vitest'
import { element } from '../kit-server.ts'
import { begin, completeXml, part, withBucket } from '../uploads.ts'

test('CreateMultipartUpload names bucket, key and upload, and keeps headers for the object', async () => {
  await using kit = await withBucket()
  const answer = await kit.send('POST', '/bucket/key?uploads', {
    headers: { 'content-type': 'text/plain', 'x-amz-meta-a': 'b' },
  })
  expect([element(answer.text, 'Bucket'), element(answer.text, 'Key')]).toEqual(['bucket', 'key'])
  const uploadId = element(answer.text, 'UploadId') ?? ''
  const etag = await part(kit, uploadId, 1, 'x')
  await kit.send('POST', `/bucket/key?uploadId=${uploadId}`, { body: completeXml([[1, etag]]) })
  const head = await kit.send('HEAD', '/bucket/key')
  expect(head.headers).toMatchObject({ 'content-type': 'text/plain', 'x-amz-meta-a': 'b' })
})

test('CreateMultipartUpload says which checksum it takes', async () => {
  await using kit = await withBucket()
  const create = (headers: Record<string, string>) =>
    kit.send('POST', '/bucket/key?uploads', { headers })
  const crc = await create({ 'x-amz-checksum-algorithm': 'CRC64NVME' })
  expect([crc.headers['x-amz-checksum-algorithm'], crc.headers['x-amz-checksum-type']]).toEqual([
    'CRC64NVME',
    'FULL_OBJECT',
  ])
  expect((await create({ 'x-amz-checksum-algorithm': 'MD4' })).code).toBe('InvalidArgument')
  expect((await create({ 'x-amz-checksum-type': 'COMPOSITE' })).code).toBe('InvalidRequest')
  expect(
    (await create({ 'x-amz-checksum-algorithm': 'SHA256', 'x-amz-checksum-type': 'FULL_OBJECT' }))
      .code,
  ).toBe('InvalidRequest')
})

test('an upload that was never completed shows no object', async () => {
  await using kit = await withBucket()
  await part(kit, await begin(kit), 1, 'x')
  expect((await kit.send('GET', '/bucket/key')).code).toBe('NoSuchKey')
  expect((await kit.send('GET', '/bucket')).text).not.toContain('<Key>')
})
