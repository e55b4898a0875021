import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { element } from '../kit-server.ts'
import { begin, completeXml, FIVE_MIB, part, withBucket } from '../uploads.ts'

const md5 = (data: string | Uint8Array) => createHash('md5').update(data)

test('CompleteMultipartUpload makes one object whose ETag is that of its parts', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const first = Buffer.alloc(FIVE_MIB, 'a')
  const etags = [await part(kit, uploadId, 3, first), await part(kit, uploadId, 7, 'tail')]
  const answer = await kit.send('POST', `/bucket/key?uploadId=${uploadId}`, {
    body: completeXml([
      [3, etags[0] ?? ''],
      [7, etags[1] ?? ''],
    ]),
  })
  const expected = `${md5(Buffer.concat([md5(first).digest(), md5('tail').digest()])).digest('hex')}-2`
  expect(element(answer.text, 'ETag')).toBe(`&quot;${expected}&quot;`)
  expect(element(answer.text, 'Location')).toBe(`${kit.origin}/bucket/key`)
  const second = await kit.send('GET', '/bucket/key?partNumber=2')
  expect([second.status, second.text, second.headers['x-amz-mp-parts-count']]).toEqual([
    206,
    'tail',
    '2',
  ])
  expect(second.headers['content-range']).toBe(`bytes ${FIVE_MIB}-${FIVE_MIB + 3}/${FIVE_MIB + 4}`)
})

test('CompleteMultipartUpload refuses parts that are wrong, in disorder, too small or malformed', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const one = await part(kit, uploadId, 1, 'a')
  const two = await part(kit, uploadId, 2, 'b')
  const complete = async (body: string) =>
    (await kit.send('POST', `/bucket/key?uploadId=${uploadId}`, { body })).code
  expect(await complete(completeXml([[1, two]]))).toBe('InvalidPart')
  expect(await complete(completeXml([[3, one]]))).toBe('InvalidPart')
  expect(
    await complete(
      completeXml([
        [2, two],
        [1, one],
      ]),
    ),
  ).toBe('InvalidPartOrder')
  expect(
    await complete(
      completeXml([
        [1, one],
        [1, one],
      ]),
    ),
  ).toBe('InvalidPartOrder')
  expect(
    await complete(
      completeXml([
        [1, one],
        [2, two],
      ]),
    ),
  ).toBe('EntityTooSmall')
  expect(await complete(completeXml([]))).toBe('MalformedXML')
  expect(
    await complete(
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
    ),
  ).toBe('MalformedXML')
  expect(await complete('')).toBe('MissingRequestBodyError')
  expect(
    await complete(completeXml(Array.from({ length: 10_001 }, (_, i) => [i + 1, one] as const))),
  ).toBe('MalformedXML')
  expect((await kit.send('HEAD', '/bucket/key')).status).toBe(404)
  expect(await complete(completeXml([[1, one]]))).toBeUndefined()
  expect((await kit.send('GET', '/bucket/key')).text).toBe('a')
})

test('CompleteMultipartUpload obeys conditions and the size that it is told', async () => {
  await using kit = await withBucket()
  await kit.send('PUT', '/bucket/key', { body: 'old' })
  const uploadId = await begin(kit)
  const body = completeXml([[1, await part(kit, uploadId, 1, 'new')]])
  const complete = (headers: Record<string, string>) =>
    kit.send('POST', `/bucket/key?uploadId=${uploadId}`, { body, headers })
  expect((await complete({ 'if-none-match': '*' })).code).toBe('PreconditionFailed')
  expect((await complete({ 'x-amz-mp-object-size': '4' })).code).toBe('InvalidRequest')
  expect((await complete({ 'x-amz-mp-object-size': '3' })).status).toBe(200)
})

test('CompleteMultipartUpload combines the checksums of parts to that of the object', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit, 'key', {
    'x-amz-checksum-algorithm': 'CRC32',
    'x-amz-checksum-type': 'FULL_OBJECT',
  })
  const put = await kit.send('PUT', `/bucket/key?partNumber=1&uploadId=${uploadId}`, {
    body: '123456789',
    headers: { 'x-amz-checksum-crc32': 'y/Q5Jg==' },
  })
  const complete = (headers: Record<string, string>) =>
    kit.send('POST', `/bucket/key?uploadId=${uploadId}`, {
      body: completeXml([[1, put.headers.etag ?? '']]),
      headers,
    })
  expect(
    (await complete({ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'FULL_OBJECT' }))
      .code,
  ).toBe('BadDigest')
  const answer = await complete({
    'x-amz-checksum-crc32': 'y/Q5Jg==',
    'x-amz-checksum-type': 'FULL_OBJECT',
  })
  expect([element(answer.text, 'ChecksumCRC32'), element(answer.text, 'ChecksumType')]).toEqual([
    'y/Q5Jg==',
    'FULL_OBJECT',
  ])
})

test('CompleteMultipartUpload of the same upload twice at once gives one object', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const body = completeXml([[1, await part(kit, uploadId, 1, 'x')]])
  const answers = await Promise.all(
    [0, 1].map(() => kit.send('POST', `/bucket/key?uploadId=${uploadId}`, { body })),
  )
  expect(answers.some(({ status }) => status === 200)).toBe(true)
  expect(answers.every(({ status }) => status < 500)).toBe(true)
  expect((await kit.send('GET', '/bucket/key')).text).toBe('x')
})
