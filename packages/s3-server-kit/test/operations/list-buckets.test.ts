import { expect, test } from 'vitest'
import { element, elements, FOX, startKit } from '../kit-server.ts'

test('ListBuckets gives the callers own buckets, in order', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bbb')
  await kit.send('PUT', '/aaa')
  await kit.send('PUT', '/fox-den', { user: FOX })
  const answer = await kit.send('GET', '/')
  expect(answer.status).toBe(200)
  expect(elements(answer.text, 'Name')).toEqual(['aaa', 'bbb'])
  expect(element(answer.text, 'ID')).toBe('miller-id')
  expect(element(answer.text, 'DisplayName')).toBe('Miller')
  expect(answer.text).toContain(
    '<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
  )
})

test('ListBuckets gives pages where it is asked for them', async () => {
  await using kit = await startKit()
  for (const name of ['aa1', 'aa2', 'aa3', 'bb1']) await kit.send('PUT', `/${name}`)
  const first = await kit.send('GET', '/?max-buckets=2&prefix=aa')
  expect(elements(first.text, 'Name')).toEqual(['aa1', 'aa2'])
  expect(elements(first.text, 'BucketRegion')).toEqual(['us-east-1', 'us-east-1'])
  const token = element(first.text, 'ContinuationToken')
  const second = await kit.send('GET', `/?max-buckets=2&prefix=aa&continuation-token=${token}`)
  expect(elements(second.text, 'Name')).toEqual(['aa3'])
  expect(element(second.text, 'ContinuationToken')).toBeUndefined()
})

test('ListBuckets refuses what is no number and no token', async () => {
  await using kit = await startKit()
  expect((await kit.send('GET', '/?max-buckets=0')).code).toBe('InvalidArgument')
  expect((await kit.send('GET', '/?max-buckets=1&continuation-token=%21')).code).toBe(
    'InvalidArgument',
  )
})
