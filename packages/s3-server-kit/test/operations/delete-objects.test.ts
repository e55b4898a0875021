import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { elements, type KitServer, MILLER, startKit } from '../kit-server.ts'

const deleteXml = (keys: readonly string[], quiet = false) =>
  `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}<Quiet>${quiet}</Quiet></Delete>`

async function withObjects(options: Parameters<typeof startKit>[0] = {}): Promise<KitServer> {
  const kit = await startKit(options)
  await kit.send('PUT', '/bucket')
  for (const key of ['a', 'b', 'c%26d']) await kit.send('PUT', `/bucket/${key}`, { body: key })
  return kit
}

test('DeleteObjects deletes each key and names it, there or not', async () => {
  await using kit = await withObjects()
  const answer = await kit.send('POST', '/bucket?delete', {
    body: deleteXml(['a', 'c&amp;d', 'never']),
  })
  expect(answer.status).toBe(200)
  expect(elements(answer.text, 'Key')).toEqual(['a', 'c&amp;d', 'never'])
  expect(elements((await kit.send('GET', '/bucket?list-type=2')).text, 'Key')).toEqual(['b'])
})

test('DeleteObjects is quiet where it is asked to be', async () => {
  await using kit = await withObjects()
  const answer = await kit.send('POST', '/bucket?delete', { body: deleteXml(['a'], true) })
  expect(elements(answer.text, 'Key')).toEqual([])
})

test('DeleteObjects authorises every key by itself', async () => {
  await using kit = await withObjects({
    authorize: ({ identity, operation, key }) =>
      identity?.id === MILLER.id && !(operation === 'DeleteObject' && key === 'b'),
  })
  const answer = await kit.send('POST', '/bucket?delete', { body: deleteXml(['a', 'b']) })
  expect(answer.text).toContain('<Deleted><Key>a</Key></Deleted>')
  expect(answer.text).toContain('<Error><Key>b</Key><Code>AccessDenied</Code>')
  expect((await kit.send('GET', '/bucket/b')).status).toBe(200)
})

test('DeleteObjects checks the digests of its body before it deletes anything', async () => {
  await using kit = await withObjects()
  const answer = await kit.send('POST', '/bucket?delete', {
    body: deleteXml(['a']),
    headers: { 'content-md5': createHash('md5').update('other').digest('base64') },
  })
  expect(answer.code).toBe('BadDigest')
  expect((await kit.send('GET', '/bucket/a')).status).toBe(200)
})

test.each([
  ['nothing', '', 'MissingRequestBodyError'],
  ['another root', '<Remove/>', 'MalformedXML'],
  ['no keys', '<Delete></Delete>', 'MalformedXML'],
  ['1001 keys', deleteXml(Array.from({ length: 1001 }, () => 'a')), 'MalformedXML'],
  [
    'a DOCTYPE',
    '<!DOCTYPE Delete [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    'MalformedXML',
  ],
  ['an unknown entity', '<Delete><Object><Key>&a;</Key></Object></Delete>', 'MalformedXML'],
  ['deep nesting', '<Delete>'.repeat(100_000), 'MalformedXML'],
  [
    'another namespace',
    '<Delete xmlns="http://example.com/"><Object><Key>a</Key></Object></Delete>',
    'MalformedXML',
  ],
  [
    'a doubled element',
    '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>',
    'MalformedXML',
  ],
  ['10 MiB', `<Delete>${' '.repeat(10 * 1024 * 1024)}</Delete>`, 'MaxMessageLengthExceeded'],
  ['UTF-16', Buffer.from(`\ufeff${deleteXml(['a'])}`, 'utf16le'), 'MalformedXML'],
  [
    'a processing instruction',
    '<?php x?><Delete><Object><Key>a</Key></Object></Delete>',
    'MalformedXML',
  ],
])('DeleteObjects refuses %s', async (_name, body, code) => {
  await using kit = await withObjects()
  const answer = await kit.send('POST', '/bucket?delete', { body })
  expect([answer.status, answer.code]).toEqual([400, code])
  expect((await kit.send('GET', '/bucket/a')).status).toBe(200)
})
