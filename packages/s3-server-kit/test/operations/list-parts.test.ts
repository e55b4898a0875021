import { expect, test } from 'vitest'
import { element, elements } from '../kit-server.ts'
import { begin, part, withBucket } from '../uploads.ts'

test('ListParts gives pages of parts', async () => {
  await using kit = await withBucket()
  const uploadId = await begin(kit)
  for (const number of [5, 1, 3]) await part(kit, uploadId, number, `part ${number}`)
  const target = `/bucket/key?uploadId=${uploadId}`
  const all = await kit.send('GET', target)
  expect(elements(all.text, 'PartNumber')).toEqual(['1', '3', '5'])
  expect([element(all.text, 'IsTruncated'), elements(all.text, 'ID')]).toEqual([
    'false',
    ['miller-id', 'miller-id'],
  ])
  const first = await kit.send('GET', `${target}&max-parts=2`)
  expect([
    elements(first.text, 'PartNumber'),
    element(first.text, 'NextPartNumberMarker'),
    element(first.text, 'IsTruncated'),
  ]).toEqual([['1', '3'], '3', 'true'])
  const rest = await kit.send('GET', `${target}&part-number-marker=3`)
  expect(elements(rest.text, 'PartNumber')).toEqual(['5'])
  expect((await kit.send('GET', `${target}&max-parts=x`)).code).toBe('InvalidArgument')
  expect((await kit.send('GET', '/bucket/key?uploadId=never')).code).toBe('NoSuchUpload')
})
