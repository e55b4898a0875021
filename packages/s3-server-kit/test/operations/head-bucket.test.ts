import { expect, test } from 'vitest'
import { FOX, startKit } from '../kit-server.ts'

test('HeadBucket says that a bucket is there, and in which region, without a body', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const answer = await kit.send('HEAD', '/bucket')
  expect([answer.status, answer.headers['x-amz-bucket-region'], answer.text]).toEqual([
    200,
    'us-east-1',
    '',
  ])
})

test('HeadBucket says 404 and 403 without a body', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  expect(await kit.send('HEAD', '/nothing')).toMatchObject({ status: 404, text: '' })
  expect(await kit.send('HEAD', '/bucket', { user: FOX })).toMatchObject({ status: 403, text: '' })
})
