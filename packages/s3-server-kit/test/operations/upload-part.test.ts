import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { elements, PAYLOAD_MODES } from '../kit-server.ts'
import { begin, withBucket } from '../uploads.ts'

test.each(PAYLOAD_MODES)('UploadPart takes a part of payload mode %s', async (payload) => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const answer = await kit.send('PUT', `/bucket/key?partNumber=1&uploadId=${uploadId}`, {
    body: 'grain',
    payload,
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.etag).toBe(`"${createHash('md5').update('grain').digest('hex')}"`)
})

test('UploadPart keeps nothing of a part that is not what it was said to be', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  const target = `/bucket/key?partNumber=1&uploadId=${uploadId}`
  const wrong = { 'x-amz-checksum-crc32': 'AAAAAA==' }
  expect((await kit.send('PUT', target, { body: 'grain', headers: wrong })).code).toBe('BadDigest')
  expect(
    elements((await kit.send('GET', `/bucket/key?uploadId=${uploadId}`)).text, 'PartNumber'),
  ).toEqual([])
})

test.each(['0', '-1', '10001', 'abc', '1e3', ''])(
  'UploadPart refuses part number "%s"',
  async (number) => {
    await using kit = await withBucket()
    const answer = await kit.send(
      'PUT',
      `/bucket/key?partNumber=${number}&uploadId=${await begin(kit)}`,
      { body: 'x' },
    )
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  },
)

test('UploadPart needs an upload that is there, and both parameters', async () => {
  await using kit = await withBucket()
  expect(
    (await kit.send('PUT', '/bucket/key?partNumber=1&uploadId=never', { body: 'x' })).code,
  ).toBe('NoSuchUpload')
  expect((await kit.send('PUT', '/bucket/key?partNumber=1&uploadId=', { body: 'x' })).code).toBe(
    'NoSuchUpload',
  )
  expect((await kit.send('PUT', '/bucket/key?partNumber=1', { body: 'x' })).code).toBe(
    'InvalidArgument',
  )
  expect(
    (
      await kit.send('PUT', `/bucket/other?partNumber=1&uploadId=${await begin(kit)}`, {
        body: 'x',
      })
    ).code,
  ).toBe('NoSuchUpload')
  expect((await kit.send('HEAD', '/bucket/key')).status).toBe(404)
})
