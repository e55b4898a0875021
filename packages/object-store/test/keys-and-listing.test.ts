import assert from 'node:assert/strict'
import { compareKeys, createMemoryStore, walkKeys } from '@millrace/object-store'
import * as fc from 'fast-check'
import { test } from 'vitest'

const key = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '\uFF5E', '\u{1F600}', '\u00e9'),
  minLength: 1,
  maxLength: 6,
})

test('compareKeys() orders as the UTF-8 bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('list() is what a plain filter over sorted keys gives, whatever was put and deleted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, fc.boolean()), { maxLength: 60 }),
      fc.record({
        prefix: fc.option(key),
        delimiter: fc.constantFrom(undefined, '/', 'ab'),
        startAfter: fc.option(key),
      }),
      async (steps, { prefix, delimiter, startAfter }) => {
        const store = createMemoryStore()
        const keys = new Set<string>()
        for (const [name, present] of steps) {
          if (present) {
            await store.put(name, [])
            keys.add(name)
          } else {
            await store.delete(name)
            keys.delete(name)
          }
        }
        const rolled = new Set<string>()
        for (const name of keys) {
          if (!name.startsWith(prefix ?? '')) continue
          const cut = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix?.length ?? 0)
          rolled.add(cut < 0 ? name : name.slice(0, cut + (delimiter?.length ?? 0)))
        }
        const expected = [...rolled]
          .filter(
            (name) =>
              startAfter === null || Buffer.compare(Buffer.from(name), Buffer.from(startAfter)) > 0,
          )
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        const found: string[] = []
        for await (const entry of store.list({
          ...(prefix === null ? {} : { prefix }),
          ...(delimiter === undefined ? {} : { delimiter }),
          ...(startAfter === null ? {} : { startAfter }),
        })) {
          found.push(
            entry.type === 'prefix' ? entry.prefix : entry.type === 'object' ? entry.info.key : '',
          )
        }
        assert.deepEqual(found, expected)
      },
    ),
    { numRuns: 100 },
  )
})

test('a listing seeks past the keys under a prefix instead of reading them', () => {
  let reads = 0
  const names = Array.from({ length: 10_000 }, (_, i) => `a/${String(i).padStart(5, '0')}`).concat(
    'b',
  )
  const open = (
    from: string,
  ): { next(): readonly [string, number] | undefined; seek(key: string): void } => {
    let at = names.findIndex((name) => name >= from)
    return {
      next() {
        reads++
        const name = names[at++]
        return name === undefined ? undefined : [name, 0]
      },
      seek(target) {
        while (at < names.length && (names[at] as string) < target) at++
      },
    }
  }
  const found = [...walkKeys(open, { delimiter: '/' })]
  assert.deepEqual(found, [{ prefix: 'a/' }, { key: 'b', value: 0 }])
  assert.ok(reads < 10)
})

test('100,000 keys list at tens of thousands a second, also deep in the middle', {
  timeout: 60_000,
}, async () => {
  const store = createMemoryStore()
  for (let i = 0; i < 100_000; i++) {
    await store.put(`folder/${String((i * 7919) % 100_000).padStart(6, '0')}`, [])
  }
  const began = performance.now()
  let count = 0
  for await (const entry of store.list({ prefix: 'folder/' }))
    count += entry.type === 'object' ? 1 : 0
  const seconds = (performance.now() - began) / 1000
  assert.equal(count, 100_000)
  assert.ok(count / seconds > 20_000, `${Math.round(count / seconds)} keys a second`)
  const page = store.list({ prefix: 'folder/', startAfter: 'folder/050000' })
  for await (const entry of page) {
    assert.equal(entry.type === 'object' && entry.info.key, 'folder/050001')
    break
  }
})
