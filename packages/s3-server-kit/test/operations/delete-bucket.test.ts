import { expect, test } from 'vitest'
import { startKit } from '../kit-server.ts'

test('DeleteBucket removes an empty bucket and no other', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', { body: 'x' })
  const full = await kit.send('DELETE', '/bucket')
  expect([full.status, full.code]).toEqual([409, 'BucketNotEmpty'])
  await kit.send('DELETE', '/bucket/key')
  expect(await kit.send('DELETE', '/bucket')).toMatchObject({ status: 204, text: '' })
  const gone = await kit.send('DELETE', '/bucket')
  expect([gone.status, gone.code]).toEqual([404, 'NoSuchBucket'])
})
