import { expect, test } from 'vitest'
import { element, elements } from '../kit-server.ts'
import { begin, withBucket } from '../uploads.ts'

test('ListMultipartUploads gives every upload once over its pages', async () => {
  await using kit = await withBucket()
  const ids: string[] = []
  for (const key of ['a', 'b', 'b', 'd/1', 'd/2']) ids.push(await begin(kit, key))
  const all = await kit.send('GET', '/bucket?uploads')
  expect(elements(all.text, 'Key')).toEqual(['a', 'b', 'b', 'd/1', 'd/2'])
  const seen: string[] = []
  let marker = ''
  for (;;) {
    const { text } = await kit.send('GET', `/bucket?uploads&max-uploads=2${marker}`)
    seen.push(...elements(text, 'UploadId'))
    if (element(text, 'IsTruncated') === 'false') break
    marker = `&key-marker=${element(text, 'NextKeyMarker')}&upload-id-marker=${element(text, 'NextUploadIdMarker')}`
  }
  expect(seen.sort()).toEqual(ids.sort())
})

test('ListMultipartUploads gathers keys under a delimiter', async () => {
  await using kit = await withBucket()
  for (const key of ['a', 'd/1', 'd/2', 'e']) await begin(kit, key)
  const first = await kit.send('GET', '/bucket?uploads&delimiter=/&max-uploads=2')
  expect([elements(first.text, 'Key'), elements(first.text, 'Prefix')]).toEqual([['a'], ['', 'd/']])
  const rest = await kit.send(
    'GET',
    `/bucket?uploads&delimiter=/&key-marker=${element(first.text, 'NextKeyMarker')}`,
  )
  expect([elements(rest.text, 'Key'), elements(rest.text, 'Prefix')]).toEqual([['e'], ['']])
})
