import assert from 'node:assert/strict'
import { type ConformanceTest, entries, names, pattern, test } from './harness.ts'

const KEYS = [
  'a',
  'a/',
  'a/b',
  'a/b/c',
  'a/b/d',
  'a/c',
  'a0',
  'ab',
  'b//x',
  'b//y',
  'b/z',
  'c',
  '\u00e9',
  '\uFF5E',
  '\u{1F600}',
]

function byBytes(keys: readonly string[]): string[] {
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** The rules of the port, written down as plainly as can be. */
function expected(options: {
  readonly prefix?: string
  readonly delimiter?: string
  readonly startAfter?: string
}): string[] {
  const { prefix = '', delimiter, startAfter } = options
  const found = new Set<string>()
  for (const key of KEYS) {
    if (!key.startsWith(prefix)) continue
    const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length)
    found.add(cut < 0 ? key : key.slice(0, cut + (delimiter as string).length))
  }
  return byBytes([...found]).filter(
    (name) =>
      startAfter === undefined || Buffer.compare(Buffer.from(name), Buffer.from(startAfter)) > 0,
  )
}

const objects = Object.fromEntries(KEYS.map((key, index) => [key, pattern(index + 1)]))

export const listTests: readonly ConformanceTest[] = [
  test(
    'list is in the order of UTF-8 bytes',
    ['list'],
    async (store) => {
      assert.deepEqual(await names(store), byBytes(KEYS))
    },
    objects,
  ),
  test(
    'list gives each object as head does',
    ['list'],
    async (store) => {
      for (const entry of await entries(store)) {
        assert.equal(entry.type, 'object')
        if (entry.type !== 'object') continue
        const info = await store.head(entry.info.key)
        assert.equal(entry.info.size, info.size)
        assert.equal(entry.info.etag, info.etag)
        assert.equal(
          Math.floor(entry.info.lastModified.getTime() / 1000),
          Math.floor(info.lastModified.getTime() / 1000),
        )
      }
    },
    objects,
  ),
  test(
    'list takes prefix, delimiter and startAfter in every combination',
    ['list'],
    async (store) => {
      const prefixes = [undefined, '', 'a', 'a/', 'a/b', 'b', 'b/', 'b//', 'zz', '\u{1F600}']
      const delimiters = [undefined, '/', '//', 'b']
      const marks = [
        undefined,
        'a',
        'a/',
        'a/b',
        'a/b/c',
        'a/b/zz',
        'b//',
        'c',
        '\uFF5E',
        '\u{1F601}',
      ]
      for (const prefix of prefixes) {
        for (const delimiter of delimiters) {
          for (const startAfter of marks) {
            const options = {
              ...(prefix === undefined ? {} : { prefix }),
              ...(delimiter === undefined ? {} : { delimiter }),
              ...(startAfter === undefined ? {} : { startAfter }),
            }
            assert.deepEqual(
              await names(store, options),
              expected(options),
              JSON.stringify(options),
            )
          }
        }
      }
    },
    objects,
  ),
  test(
    'list gives prefixes as prefixes',
    ['list'],
    async (store) => {
      const found = await entries(store, { delimiter: '/', prefix: 'a' })
      assert.deepEqual(
        found.map((entry) => entry.type),
        ['object', 'prefix', 'object', 'object'],
      )
    },
    objects,
  ),
  test(
    'a listing may be left early and taken up after any entry',
    ['list'],
    async (store) => {
      for (const delimiter of [undefined, '/']) {
        const all = await names(store, delimiter === undefined ? {} : { delimiter })
        const paged: string[] = []
        for (;;) {
          const startAfter = paged.at(-1)
          const before = paged.length
          const page = store.list({
            ...(delimiter === undefined ? {} : { delimiter }),
            ...(startAfter === undefined ? {} : { startAfter }),
          })
          for await (const entry of page) {
            if (entry.type === 'object') paged.push(entry.info.key)
            if (entry.type === 'prefix') paged.push(entry.prefix)
            if (paged.length === before + 2) break
          }
          if (paged.length === before) break
        }
        assert.deepEqual(paged, all)
      }
    },
    objects,
  ),
  test('list goes on past changes made while it runs', ['write', 'list'], async (store) => {
    for (let i = 0; i < 50; i++) await store.put(`k${String(i).padStart(3, '0')}`, [])
    const seen: string[] = []
    for await (const entry of store.list()) {
      if (entry.type !== 'object') continue
      seen.push(entry.info.key)
      if (seen.length === 10) {
        await store.delete('k005')
        await store.delete('k009')
        await store.put('k0005', [])
      }
    }
    const steady = Array.from({ length: 50 }, (_, i) => `k${String(i).padStart(3, '0')}`)
    assert.deepEqual(
      steady.filter((key) => !seen.includes(key)),
      [],
      'keys that were there all the time',
    )
    assert.equal(new Set(seen).size, seen.length, 'no key comes twice')
  }),
  test('more keys than a page of S3 come whole', ['write', 'list'], async (store) => {
    const keys = Array.from({ length: 1003 }, (_, i) => `n/${i}`)
    for (let at = 0; at < keys.length; at += 100) {
      await Promise.all(keys.slice(at, at + 100).map(async (key) => store.put(key, [])))
    }
    assert.deepEqual(await names(store), byBytes(keys))
    assert.deepEqual(await names(store, { delimiter: '/' }), ['n/'])
  }),
]
