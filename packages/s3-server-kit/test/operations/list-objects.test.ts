import { expect, test } from 'vitest'
import { element, elements, startKit } from '../kit-server.ts'

test('ListObjects gives pages with markers and owners', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  for (const key of ['a', 'b', 'd/1', 'd/2', 'e'])
    await kit.send('PUT', `/bucket/${key}`, { body: key })
  const plain = await kit.send('GET', '/bucket?max-keys=2')
  expect(elements(plain.text, 'Key')).toEqual(['a', 'b'])
  expect(elements(plain.text, 'ID')).toEqual(['miller-id', 'miller-id'])
  expect([element(plain.text, 'IsTruncated'), element(plain.text, 'NextMarker')]).toEqual([
    'true',
    undefined,
  ])
  const after = await kit.send('GET', '/bucket?marker=b')
  expect(elements(after.text, 'Key')).toEqual(['d/1', 'd/2', 'e'])
  const grouped = await kit.send('GET', '/bucket?delimiter=/&max-keys=3')
  expect(element(grouped.text, 'NextMarker')).toBe('d/')
  const rest = await kit.send('GET', '/bucket?delimiter=/&marker=d/')
  expect(elements(rest.text, 'Key')).toEqual(['e'])
  expect(element(rest.text, 'Marker')).toBe('d/')
})

test('ListObjects of a bucket that is not there is NoSuchBucket', async () => {
  await using kit = await startKit({ authorize: ({ identity }) => identity !== undefined })
  const answer = await kit.send('GET', '/nothing')
  expect([answer.status, answer.code]).toEqual([404, 'NoSuchBucket'])
  expect(answer.text).toContain('<BucketName>nothing</BucketName>')
})
