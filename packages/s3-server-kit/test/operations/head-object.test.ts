import { expect, test } from 'vitest'
import { startKit } from '../kit-server.ts'

test('HeadObject says what GetObject says, without the body', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/key', { body: 'grain', headers: { 'x-amz-meta-a': 'b' } })
  const drop = ({ date: _date, 'x-amz-request-id': _id, ...rest }: Record<string, unknown>) => rest
  const head = await kit.send('HEAD', '/bucket/key')
  const get = await kit.send('GET', '/bucket/key')
  expect(head.text).toBe('')
  expect(drop(head.headers)).toEqual(drop(get.headers))
  const ranged = await kit.send('HEAD', '/bucket/key', { headers: { range: 'bytes=1-2' } })
  expect([
    ranged.status,
    ranged.headers['content-range'],
    ranged.headers['content-length'],
  ]).toEqual([206, 'bytes 1-2/5', '2'])
})

test('HeadObject has no body in its errors either', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  expect(await kit.send('HEAD', '/bucket/none')).toMatchObject({ status: 404, text: '' })
  expect(await kit.send('HEAD', '/bucket/none', { user: null })).toMatchObject({
    status: 403,
    text: '',
  })
})
