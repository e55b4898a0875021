import * as fc from 'fast-check'
import { compareKeys } from '@millrace/object-store'
import { expect, test } from 'vitest'
import { element, elements, type KitServer, startKit } from '../kit-server.ts'

async function withKeys(keys: readonly string[]): Promise<KitServer> {
  const kit = await startKit()
  await kit.registry.createBucket('bucket', { owner: 'miller-id' })
  const store = await kit.registry.openBucket('bucket')
  for (const key of keys) await store.put(key, [Buffer.from(key)], { owner: 'miller-id' })
  return kit
}

const list = (kit: KitServer, query: Record<string, string> = {}) =>
  kit.send('GET', `/bucket?${new URLSearchParams({ 'list-type': '2', ...query })}`)

test('ListObjectsV2 gives keys, sizes and ETags in the order of S3s elements', async () => {
  await using kit = await withKeys(['b', 'a'])
  const { text } = await list(kit)
  expect(elements(text, 'Key')).toEqual(['a', 'b'])
  expect(text.replace(/<LastModified>[^<]+/g, '<LastModified>')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys>' +
      '<Contents><Key>a</Key><LastModified></LastModified><ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>' +
      '<Contents><Key>b</Key><LastModified></LastModified><ETag>&quot;92eb5ffee6ae2fec3ad71c777531578f&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>' +
      '<KeyCount>2</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>',
  )
})

test('ListObjectsV2 names owners only where it is asked to', async () => {
  await using kit = await withKeys(['a'])
  expect(element((await list(kit)).text, 'ID')).toBeUndefined()
  expect(element((await list(kit, { 'fetch-owner': 'true' })).text, 'ID')).toBe('miller-id')
})

test('ListObjectsV2 gathers keys under a delimiter', async () => {
  await using kit = await withKeys(['a', 'd/1', 'd/2', 'e/f/1', 'e/g', 'z'])
  const top = await list(kit, { delimiter: '/' })
  expect(elements(top.text, 'Key')).toEqual(['a', 'z'])
  expect(elements(top.text, 'Prefix')).toEqual(['', 'd/', 'e/'])
  expect(element(top.text, 'KeyCount')).toBe('4')
  const under = await list(kit, { delimiter: '/', prefix: 'e/' })
  expect(elements(under.text, 'Key')).toEqual(['e/g'])
  expect(elements(under.text, 'Prefix')).toEqual(['e/', 'e/f/'])
})

test('ListObjectsV2 gives every key once over its pages, whatever their size', {
  timeout: 60_000,
}, async () => {
  const keys = ['a', 'a/b', 'a/c', 'b', 'd/1', 'd/2', 'd/3', 'e&f', 'g h', 'ü', '\u{1F33E}'].sort(
    compareKeys,
  )
  await using kit = await withKeys(keys)
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom('', '/'),
      async (maxKeys, delimiter) => {
        const found: string[] = []
        let token: string | undefined
        do {
          const { text } = await list(kit, {
            'max-keys': String(maxKeys),
            ...(delimiter === '' ? {} : { delimiter }),
            ...(token === undefined ? {} : { 'continuation-token': token }),
          })
          const page = [...elements(text, 'Key'), ...elements(text, 'Prefix').slice(1)]
          expect(page.length).toBeLessThanOrEqual(maxKeys)
          expect(element(text, 'KeyCount')).toBe(String(page.length))
          found.push(...page)
          token = element(text, 'NextContinuationToken')
          expect(element(text, 'IsTruncated')).toBe(String(token !== undefined))
        } while (token !== undefined)
        const expected =
          delimiter === '' ? keys : ['a', 'a/', 'b', 'd/', 'e&f', 'g h', 'ü', '\u{1F33E}']
        expect(found.sort()).toEqual(expected.map((key) => key.replace('&', '&amp;')).sort())
      },
    ),
    { numRuns: 24 },
  )
})

test('ListObjectsV2 starts after a key, and a token outweighs that', async () => {
  await using kit = await withKeys(['a', 'b', 'c'])
  const { text } = await list(kit, { 'start-after': 'a', 'max-keys': '1' })
  expect(elements(text, 'Key')).toEqual(['b'])
  expect(element(text, 'StartAfter')).toBe('a')
  const token = element(text, 'NextContinuationToken') ?? ''
  const next = await list(kit, { 'start-after': 'a', 'continuation-token': token })
  expect(elements(next.text, 'Key')).toEqual(['c'])
  expect(element(next.text, 'ContinuationToken')).toBe(token)
})

test('ListObjectsV2 percent-encodes keys where it is asked to', async () => {
  await using kit = await withKeys(['a b/c+(1)', 'ctl\u0001'])
  expect(elements((await list(kit, { 'encoding-type': 'url' })).text, 'Key')).toEqual([
    'a%20b/c%2B%281%29',
    'ctl%01',
  ])
  expect(elements((await list(kit)).text, 'Key')).toEqual(['a b/c+(1)', 'ctl&#x1;'])
})

test.each([
  ['max-keys=-1', 'InvalidArgument'],
  ['max-keys=abc', 'InvalidArgument'],
  ['max-keys=1e3', 'InvalidArgument'],
  ['continuation-token=%3F', 'InvalidArgument'],
  ['continuation-token=', 'InvalidArgument'],
  ['encoding-type=base64', 'InvalidArgument'],
  ['prefix=a&prefix=b', 'InvalidArgument'],
  ['prefix=%c0%ae', 'InvalidURI'],
  ['prefix=%zz', 'InvalidURI'],
  ['acl&policy', 'InvalidArgument'],
])('ListObjectsV2 refuses %s', async (query, code) => {
  await using kit = await withKeys([])
  const answer = await kit.send('GET', `/bucket?list-type=2&${query}`, { user: null })
  expect([answer.status, answer.code]).toEqual([400, code])
})

test('ListObjectsV2 cuts max-keys to 1000 and gives nothing for 0', async () => {
  await using kit = await withKeys(['a'])
  expect(element((await list(kit, { 'max-keys': '2147483648' })).text, 'MaxKeys')).toBe('1000')
  const none = await list(kit, { 'max-keys': '0' })
  expect([element(none.text, 'KeyCount'), element(none.text, 'IsTruncated')]).toEqual([
    '0',
    'false',
  ])
})

test('ListObjectsV2 sends its first entries before the listing has ended', async () => {
  const { promise: gate, open } = gated()
  const base = await withKeys(Array.from({ length: 1000 }, (_, i) => `key-${i}`.padEnd(200, 'x')))
  const registry = {
    ...base.registry,
    openBucket: async (name: string) => {
      const store = await base.registry.openBucket(name)
      return {
        ...store,
        async *list(options = {}) {
          let count = 0
          for await (const entry of store.list(options)) {
            if (++count === 900) await gate
            yield entry
          }
        },
      }
    },
  }
  await using _base = base
  await using kit = await startKit({ registry })
  const response = await fetchSigned(kit, '/bucket?list-type=2')
  const reader = response.body?.getReader()
  const first = await reader?.read()
  expect(Buffer.from(first?.value ?? []).toString()).toContain('<Key>key-0x')
  open()
  let text = ''
  for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
    text += Buffer.from(step.value).toString()
  }
  expect(text.endsWith('</ListBucketResult>')).toBe(true)
})

function gated(): { promise: Promise<void>; open: () => void } {
  let open = (): void => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open }
}

async function fetchSigned(kit: KitServer, target: string): Promise<Response> {
  const { signRequest } = await import('@millrace/sigv4')
  const { MILLER, REGION } = await import('../kit-server.ts')
  const { headers } = signRequest({ url: kit.origin + target, credentials: MILLER, region: REGION })
  return fetch(kit.origin + target, { headers })
}
