import { createMemoryRegistry } from '@millrace/object-store'
import { expect, test } from 'vitest'
import { startKit } from '../kit-server.ts'

test('DeleteObject removes an object, and succeeds where there is none', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', { body: 'x' })
  expect(await kit.send('DELETE', '/bucket/key')).toMatchObject({ status: 204, text: '' })
  expect((await kit.send('GET', '/bucket/key')).status).toBe(404)
  expect((await kit.send('DELETE', '/bucket/key')).status).toBe(204)
  expect((await kit.send('DELETE', '/nothing/key')).code).toBe('NoSuchBucket')
})

test('DeleteObject obeys If-Match', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const { etag = '' } = (await kit.send('PUT', '/bucket/key', { body: 'x' })).headers
  expect(
    (await kit.send('DELETE', '/bucket/key', { headers: { 'if-match': '"no"' } })).status,
  ).toBe(412)
  expect((await kit.send('DELETE', '/bucket/key', { headers: { 'if-match': etag } })).status).toBe(
    204,
  )
})

test('DeleteObject makes a delete marker where versions are kept, and can remove a version', async () => {
  await using kit = await startKit({ registry: createMemoryRegistry({ versions: true }) })
  await kit.send('PUT', '/bucket')
  const put = await kit.send('PUT', '/bucket/key', { body: 'x' })
  const versionId = String(put.headers['x-amz-version-id'])
  const marked = await kit.send('DELETE', '/bucket/key')
  expect(marked.headers['x-amz-delete-marker']).toBe('true')
  const gone = await kit.send('GET', '/bucket/key')
  expect([gone.status, gone.code, gone.headers['x-amz-delete-marker']]).toEqual([
    404,
    'NoSuchKey',
    'true',
  ])
  const marker = await kit.send(
    'GET',
    `/bucket/key?versionId=${String(marked.headers['x-amz-version-id'])}`,
  )
  expect([marker.status, marker.code]).toEqual([405, 'MethodNotAllowed'])
  expect((await kit.send('GET', `/bucket/key?versionId=${versionId}`)).text).toBe('x')
  const removed = await kit.send('DELETE', `/bucket/key?versionId=${versionId}`)
  expect(removed.headers['x-amz-version-id']).toBe(versionId)
  expect((await kit.send('GET', `/bucket/key?versionId=${versionId}`)).code).toBe('NoSuchVersion')
  expect((await kit.send('DELETE', '/bucket/key?versionId=')).code).toBe('InvalidArgument')
})
