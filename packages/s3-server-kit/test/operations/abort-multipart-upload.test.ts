import { expect, test } from 'vitest'
import { begin, completeXml, part, withBucket } from '../uploads.ts'

test('AbortMultipartUpload leaves nothing', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const etag = await part(kit, uploadId, 1, 'x')
  expect(await kit.send('DELETE', `/bucket/key?uploadId=${uploadId}`)).toMatchObject({
    status: 204,
    text: '',
  })
  const again = await kit.send('DELETE', `/bucket/key?uploadId=${uploadId}`)
  expect([again.status, again.code]).toEqual([404, 'NoSuchUpload'])
  const late = await kit.send('POST', `/bucket/key?uploadId=${uploadId}`, {
    body: completeXml([[1, etag]]),
  })
  expect(late.code).toBe('NoSuchUpload')
  expect((await kit.send('HEAD', '/bucket/key')).status).toBe(404)
})
