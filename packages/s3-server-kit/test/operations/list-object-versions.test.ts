import { createMemoryRegistry } from '@millrace/object-store'
import { expect, test } from 'vitest'
import { element, elements, startKit } from '../kit-server.ts'

test('ListObjectVersions works without versions, where each is "null"', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  await kit.send('PUT', '/bucket/a', { body: 'x' })
  const { text } = await kit.send('GET', '/bucket?versions')
  expect([elements(text, 'Key'), elements(text, 'VersionId'), elements(text, 'IsLatest')]).toEqual([
    ['a'],
    ['null'],
    ['true'],
  ])
})

test('ListObjectVersions gives versions and delete markers over pages', async () => {
  await using kit = await startKit({ registry: createMemoryRegistry({ versions: true }) })
  await kit.send('PUT', '/bucket')
  for (const body of ['1', '2', '3']) await kit.send('PUT', '/bucket/a', { body })
  await kit.send('DELETE', '/bucket/a')
  await kit.send('PUT', '/bucket/b', { body: '4' })
  const all = await kit.send('GET', '/bucket?versions')
  expect(all.text.match(/<Version>/g)).toHaveLength(4)
  expect(all.text.match(/<DeleteMarker>/g)).toHaveLength(1)
  const seen: string[] = []
  let marker = ''
  for (;;) {
    const { text } = await kit.send('GET', `/bucket?versions&max-keys=2${marker}`)
    seen.push(...elements(text, 'VersionId'))
    if (element(text, 'IsTruncated') === 'false') break
    marker = `&key-marker=${element(text, 'NextKeyMarker')}&version-id-marker=${element(text, 'NextVersionIdMarker')}`
  }
  expect(seen.sort()).toEqual(elements(all.text, 'VersionId').sort())
})

test('ListObjectVersions refuses a version marker without its key', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  expect((await kit.send('GET', '/bucket?versions&version-id-marker=1')).code).toBe(
    'InvalidArgument',
  )
  expect((await kit.send('GET', '/bucket?versions&key-marker=a&version-id-marker=')).code).toBe(
    'InvalidArgument',
  )
})
