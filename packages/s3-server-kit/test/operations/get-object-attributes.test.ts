import { expect, test } from 'vitest'
import { element } from '../kit-server.ts'
import { begin, completeXml, part, withBucket } from '../uploads.ts'

test('GetObjectAttributes says what it is asked for and no more', async () => {
  await using kit = await withBucket()
  await kit.send('PUT', '/bucket/key', {
    body: '123456789',
    headers: { 'x-amz-checksum-crc32': 'y/Q5Jg==' },
  })
  const get = (names: string) =>
    kit.send('GET', '/bucket/key?attributes', { headers: { 'x-amz-object-attributes': names } })
  const some = await get('ETag,ObjectSize')
  expect([element(some.text, 'ETag'), element(some.text, 'ObjectSize')]).toEqual([
    '25f9e794323b453885f5181f1b624d0b',
    '9',
  ])
  expect(some.text).not.toContain('Checksum')
  expect(some.headers['last-modified']).toMatch(/GMT$/)
  expect(element((await get('Checksum')).text, 'ChecksumCRC32')).toBe('y/Q5Jg==')
  expect((await get('Colour')).code).toBe('InvalidArgument')
})

test('GetObjectAttributes counts parts', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const body = completeXml([[1, await part(kit, uploadId, 1, 'x')]])
  await kit.send('POST', `/bucket/key?uploadId=${uploadId}`, { body })
  const answer = await kit.send('GET', '/bucket/key?attributes', {
    headers: { 'x-amz-object-attributes': 'ObjectParts' },
  })
  expect(element(answer.text, 'PartsCount')).toBe('1')
})
