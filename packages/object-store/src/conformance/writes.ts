import assert from 'node:assert/strict'
import { digestOf, encodeBase64 } from '@millrace/checksums'
import {
  type ConformanceTest,
  assertCode,
  assertSame,
  entries,
  names,
  pattern,
  read,
  test,
} from './harness.ts'

const WEIRD = [
  'a',
  'a/b',
  'a//b',
  '//',
  '/',
  '.',
  '..',
  '../../etc/passwd',
  './x',
  'a/../b',
  'with space',
  'trailing/',
  'plus+plus',
  'percent%2Fpercent%',
  'question?mark&and=hash#',
  `quote'"<>&`,
  'back\\slash',
  'tab\tnewline\n',
  '\u{1F600}\u{1F9EA}',
  'e\u0301',
  '\u00e9',
  'CON',
  'A',
  '\uFFFD',
  'x'.repeat(1024),
  `${'\u00e9'.repeat(511)}ab`,
] as const

export const writeTests: readonly ConformanceTest[] = [
  test('put stores, replaces, and says what it stored', ['write'], async (store) => {
    const first = await store.put('key', [pattern(1000)])
    assert.equal(first.size, 1000)
    assert.equal((await store.head('key')).etag, first.etag)
    assert.equal((await store.head('key')).versionId, first.versionId)
    const second = await store.put('key', [pattern(10, 2), pattern(70_000, 3), new Uint8Array(0)])
    assert.equal(second.size, 70_010)
    assert.notEqual(second.etag, first.etag)
    assertSame(
      await read(store, 'key'),
      Buffer.concat([pattern(10, 2), pattern(70_000, 3)]),
      'replaced',
    )
    if (!store.capabilities.versions) assert.equal(second.versionId, 'null')
  }),
  test(
    'put takes any source: none, arrays, generators, many small chunks',
    ['write'],
    async (store) => {
      await store.put('none', [])
      assert.equal((await store.head('none')).size, 0)
      const bytes = pattern(10_007)
      await store.put(
        'sync',
        (function* () {
          for (const byte of bytes) yield Uint8Array.of(byte)
        })(),
      )
      await store.put(
        'async',
        (async function* () {
          for (let at = 0; at < bytes.length; at += 997) yield bytes.subarray(at, at + 997)
        })(),
      )
      assertSame(await read(store, 'sync'), bytes, 'a byte at a time')
      assertSame(await read(store, 'async'), bytes, 'asynchronous')
    },
  ),
  test(
    'put keeps what it was given when the caller changes its buffer later',
    ['write'],
    async (store) => {
      const bytes = pattern(5000)
      await store.put('key', [bytes])
      bytes.fill(0)
      assertSame(await read(store, 'key'), pattern(5000), 'stored')
    },
  ),
  test('headers and metadata come back as they were given', ['write'], async (store) => {
    const headers = {
      contentType: 'text/x-mill; charset=utf-8',
      cacheControl: 'max-age=3',
      contentDisposition: 'attachment; filename="a.txt"',
      contentEncoding: 'identity',
      contentLanguage: 'de',
      expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
    }
    const metadata = { one: '1', 'two-words': 'a b  c' }
    await store.put('key', [pattern(3)], { headers, metadata })
    const info = await store.head('key')
    assert.deepEqual({ ...info.headers }, headers)
    assert.deepEqual({ ...info.metadata }, metadata)
    await store.put('key', [pattern(3)])
    assert.deepEqual({ ...(await store.head('key')).metadata }, {})
  }),
  test('any key is kept apart from every other', ['write'], async (store) => {
    for (const [index, key] of WEIRD.entries()) await store.put(key, [pattern(index + 1)])
    for (const [index, key] of WEIRD.entries()) {
      assertSame(await read(store, key), pattern(index + 1), JSON.stringify(key))
      assert.equal((await store.head(key)).key, key)
    }
    if (store.capabilities.list) {
      const order = [...WEIRD].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.deepEqual(await names(store), order)
    }
    await store.delete('a')
    await assertCode('NOT_FOUND', () => store.head('a'))
    assert.equal((await store.head('a/b')).size, 2)
  }),
  test('what is no key throws INVALID_ARGUMENT', ['write'], async (store) => {
    for (const key of ['', 'x'.repeat(1025), '\u00e9'.repeat(513), '\ud800']) {
      const what = JSON.stringify(key.slice(0, 20))
      await assertCode('INVALID_ARGUMENT', () => store.put(key, [pattern(1)]), what)
      await assertCode('INVALID_ARGUMENT', () => store.get(key), what)
      await assertCode('INVALID_ARGUMENT', () => store.head(key), what)
      await assertCode('INVALID_ARGUMENT', () => store.delete(key), what)
    }
  }),
  test('delete removes, and deleting nothing succeeds', ['write'], async (store) => {
    await store.put('key', [pattern(10)])
    await store.delete('key')
    await assertCode('NOT_FOUND', () => store.get('key'))
    await assertCode('NOT_FOUND', () => store.head('key'))
    if (store.capabilities.list) assert.deepEqual(await entries(store), [])
    await store.delete('key')
    await store.delete('never/was')
    await store.put('key', [pattern(11)])
    assertSame(await read(store, 'key'), pattern(11), 'put again')
  }),
  test(
    'reading while the key is overwritten or deleted gives one generation',
    ['write'],
    async (store) => {
      const before = pattern(1_500_000, 1)
      const after = pattern(1_200_000, 2)
      for (const change of ['overwrite', 'delete'] as const) {
        await store.put('key', [before])
        const result = await store.get('key')
        const chunks: Uint8Array[] = []
        try {
          for await (const chunk of result.body) {
            if (chunks.length === 0) {
              if (change === 'overwrite') await store.put('key', [after])
              else await store.delete('key')
            }
            chunks.push(chunk)
          }
          assertSame(Buffer.concat(chunks), before, change)
        } catch (error) {
          // A store may refuse to go on; it may not mix. An assertion that failed is no refusal.
          if (error instanceof assert.AssertionError) throw error
        }
      }
    },
  ),
  test('digests asked for are computed over the body', ['write'], async (store) => {
    if (!store.capabilities.digests.includes('sha256')) return
    let seen: string | undefined
    await store.put('key', [Buffer.from('ab'), Buffer.from('c')], {
      digests: ['sha256'],
      beforeCommit: ({ size, digests }) => {
        assert.equal(size, 3)
        seen = Buffer.from(digests.sha256 as Uint8Array).toString('hex')
        return undefined
      },
    })
    assert.equal(seen, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  }),
  test('what beforeCommit returns is kept with the object', ['write'], async (store) => {
    if (store.capabilities.digests.length === 0) return
    const value = encodeBase64(digestOf('crc32', pattern(9)))
    const checksums = [{ algorithm: 'crc32', value, type: 'FULL_OBJECT' }] as const
    const result = await store.put('key', [pattern(9)], {
      beforeCommit: async () => ({ checksums }),
    })
    assert.deepEqual(
      result.checksums.map((one) => ({ ...one })),
      checksums,
    )
    assert.deepEqual(
      (await store.head('key')).checksums.map((one) => ({ ...one })),
      checksums,
    )
  }),
  test('what the store cannot do throws NOT_SUPPORTED', [], async (store) => {
    const { write, list, multipart } = store.capabilities
    if (!write) {
      await assertCode('NOT_SUPPORTED', () => store.put('key', [pattern(1)]))
      await assertCode('NOT_SUPPORTED', () => store.delete('key'))
    }
    if (!list) await assertCode('NOT_SUPPORTED', () => entries(store))
    if (!multipart) {
      await assertCode('NOT_SUPPORTED', () => store.createMultipart('key'))
      await assertCode('NOT_SUPPORTED', () => store.resumeMultipart('key', 'id'))
      await assertCode('NOT_SUPPORTED', async () => {
        for await (const upload of store.listMultipart()) assert.ok(upload)
      })
    }
  }),
]
