import assert from 'node:assert/strict'
import type { ReadConditions } from '../port.ts'
import { type ConformanceTest, assertCode, assertSame, pattern, read, test } from './harness.ts'

const objects = { object: pattern(1000) }

export const conditionTests: readonly ConformanceTest[] = [
  test(
    'conditions on reads hold or throw, in the order of RFC 9110 section 13.2.2',
    [],
    async (store) => {
      const { etag, lastModified } = await store.head('object')
      const older = new Date(lastModified.getTime() - 60_000)
      const newer = new Date(lastModified.getTime() + 60_000)
      const cases: readonly [ReadConditions, 'PRECONDITION_FAILED' | 'NOT_MODIFIED' | undefined][] =
        [
          [{ ifMatch: [etag] }, undefined],
          [{ ifMatch: ['other', etag] }, undefined],
          [{ ifMatch: '*' }, undefined],
          [{ ifMatch: ['other'] }, 'PRECONDITION_FAILED'],
          [{ ifNoneMatch: [etag] }, 'NOT_MODIFIED'],
          [{ ifNoneMatch: ['other'] }, undefined],
          [{ ifNoneMatch: '*' }, 'NOT_MODIFIED'],
          [{ ifModifiedSince: older }, undefined],
          [{ ifModifiedSince: lastModified }, 'NOT_MODIFIED'],
          [{ ifUnmodifiedSince: lastModified }, undefined],
          [{ ifUnmodifiedSince: newer }, undefined],
          [{ ifUnmodifiedSince: older }, 'PRECONDITION_FAILED'],
          [{ ifMatch: [etag], ifUnmodifiedSince: older }, undefined],
          [{ ifNoneMatch: ['other'], ifModifiedSince: lastModified }, undefined],
          [{ ifMatch: ['other'], ifNoneMatch: [etag] }, 'PRECONDITION_FAILED'],
        ]
      for (const [conditions, code] of cases) {
        const what = JSON.stringify(conditions)
        if (code === undefined) {
          assert.equal((await store.head('object', { conditions })).size, 1000, what)
          assertSame(await read(store, 'object', { conditions }), objects.object, what)
        } else {
          await assertCode(code, () => store.head('object', { conditions }), what)
          await assertCode(code, () => store.get('object', { conditions }), what)
        }
      }
    },
    objects,
  ),
  test(
    'a condition that fails comes before a range that cannot be satisfied',
    [],
    async (store) => {
      const options = { conditions: { ifMatch: ['other'] }, range: { start: 5000 } }
      await assertCode('PRECONDITION_FAILED', () => store.get('object', options))
    },
    objects,
  ),
  test('put with ifNoneMatch creates only', ['write', 'conditionalWrite'], async (store) => {
    const conditions = { ifNoneMatch: '*' } as const
    await store.put('key', [pattern(10)], { conditions })
    await assertCode('PRECONDITION_FAILED', () => store.put('key', [pattern(20)], { conditions }))
    assertSame(await read(store, 'key'), pattern(10), 'kept')
    await store.delete('key')
    await store.put('key', [pattern(30)], { conditions })
    assertSame(await read(store, 'key'), pattern(30), 'created again')
  }),
  test(
    'put with ifMatch replaces only what is known',
    ['write', 'conditionalWrite'],
    async (store) => {
      const first = await store.put('key', [pattern(10)])
      const second = await store.put('key', [pattern(20)], { conditions: { ifMatch: first.etag } })
      await assertCode('PRECONDITION_FAILED', () =>
        store.put('key', [pattern(30)], { conditions: { ifMatch: first.etag } }),
      )
      assert.equal((await store.head('key')).etag, second.etag)
      await assertCode('NOT_FOUND', () =>
        store.put('nothing', [pattern(1)], { conditions: { ifMatch: first.etag } }),
      )
      await assertCode('NOT_FOUND', () => store.head('nothing'))
    },
  ),
  test(
    'delete with ifMatch deletes only what is known',
    ['write', 'conditionalWrite'],
    async (store) => {
      const { etag } = await store.put('key', [pattern(10)])
      await assertCode('PRECONDITION_FAILED', () =>
        store.delete('key', { conditions: { ifMatch: 'other' } }),
      )
      assert.equal((await store.head('key')).size, 10)
      await store.delete('key', { conditions: { ifMatch: etag } })
      await assertCode('NOT_FOUND', () => store.head('key'))
    },
  ),
  test(
    'of racing creators exactly one wins, whole',
    ['write', 'conditionalWrite'],
    async (store) => {
      for (let round = 0; round < 5; round++) {
        const key = `race/${round}`
        const bodies = Array.from({ length: 8 }, (_, index) => pattern(20_000 + index, index + 1))
        const results = await Promise.allSettled(
          bodies.map((body) => store.put(key, slowly(body), { conditions: { ifNoneMatch: '*' } })),
        )
        const winners = results.flatMap((result, index) =>
          result.status === 'fulfilled' ? [index] : [],
        )
        assert.equal(winners.length, 1, `winners of ${key}`)
        for (const result of results) {
          if (result.status === 'fulfilled') continue
          const { code } = result.reason as { code?: unknown }
          assert.ok(code === 'PRECONDITION_FAILED' || code === 'CONFLICT', String(result.reason))
        }
        assertSame(await read(store, key), bodies[winners[0] as number] as Uint8Array, key)
      }
    },
  ),
]

async function* slowly(body: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < body.length; at += 4096) {
    await new Promise(setImmediate)
    yield body.subarray(at, at + 4096)
  }
}
