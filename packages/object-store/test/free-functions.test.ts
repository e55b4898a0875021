import assert from 'node:assert/strict'
import {
  copyObject,
  createMemoryStore,
  deleteMany,
  getRanges,
  getText,
  ObjectStoreError,
  withLimit,
} from '@millrace/object-store'
import * as fc from 'fast-check'
import { describe, test } from 'vitest'

describe('copyObject()', () => {
  test('copies bytes, headers, metadata and whole checksums, also under a limit of one', async () => {
    const from = createMemoryStore()
    const checksums = [{ algorithm: 'crc32', value: 'AAAAAA==', type: 'FULL_OBJECT' }] as const
    await from.put('a', [Buffer.from('grain')], {
      headers: { contentType: 'text/plain' },
      metadata: { mill: 'race' },
      beforeCommit: () => ({ checksums }),
    })
    const store = withLimit(from, { concurrency: 1 })
    await Promise.all(['b', 'c', 'd'].map((key) => copyObject({ store, key: 'a' }, { store, key })))
    const info = await from.head('d')
    assert.deepEqual(
      [info.headers, info.metadata, info.checksums],
      [{ contentType: 'text/plain' }, { mill: 'race' }, checksums],
    )
    assert.equal(await getText(store, 'd'), 'grain')
    await assert.rejects(copyObject({ store, key: 'a' }, { store, key: 'a' }), {
      code: 'INVALID_ARGUMENT',
    })
    await copyObject({ store, key: 'a' }, { store, key: 'a' }, { metadata: {} })
    assert.deepEqual((await from.head('a')).metadata, {})
    const conditions = { ifNoneMatch: '*' } as const
    await assert.rejects(copyObject({ store, key: 'a' }, { store, key: 'b' }, { conditions }), {
      code: 'PRECONDITION_FAILED',
    })
  })
})

describe('deleteMany()', () => {
  test('says of each what became of it, in order, a few at a time', async () => {
    const memory = createMemoryStore()
    let open = 0
    let most = 0
    const store = {
      ...memory,
      delete: async (key: string) => {
        most = Math.max(most, ++open)
        await new Promise(setImmediate)
        open--
        if (key === '7') throw new ObjectStoreError('ACCESS_DENIED', 'No')
        return memory.delete(key)
      },
    }
    const keys = Array.from({ length: 20 }, (_, i) => `${i}`)
    const failed: string[] = []
    const seen: string[] = []
    for await (const outcome of deleteMany(store, keys, { concurrency: 4 })) {
      seen.push(outcome.key)
      if ('error' in outcome) failed.push(outcome.key)
    }
    assert.deepEqual([seen, failed], [keys, ['7']])
    assert.equal(most, 4)
    assert.throws(() => deleteMany(store, keys, { concurrency: 0 }), { code: 'INVALID_ARGUMENT' })
  })
})

describe('getRanges()', () => {
  test('gives what single reads give, with fewer requests', async () => {
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(998), fc.integer({ min: 1, max: 50 })), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.nat(200),
        async (pairs, maxGap) => {
          const memory = createMemoryStore()
          await memory.put('key', [bytes])
          let requests = 0
          const store = {
            ...memory,
            get: async (...args: Parameters<typeof memory.get>) => {
              requests++
              return memory.get(...args)
            },
          }
          const ranges = pairs.map(([start, length]) => ({
            start,
            end: Math.min(1000, start + length),
          }))
          const results = await getRanges(store, 'key', ranges, { maxGap })
          for (const [i, range] of ranges.entries()) {
            assert.ok(
              Buffer.from(results[i] as Uint8Array).equals(bytes.subarray(range.start, range.end)),
            )
          }
          assert.ok(requests <= ranges.length)
          if (maxGap >= 200 && ranges.length > 8) assert.ok(requests < ranges.length)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('refuses ranges beyond the object, nonsense, and too much', async () => {
    const store = createMemoryStore()
    await store.put('key', [new Uint8Array(10)])
    await assert.rejects(getRanges(store, 'key', [{ start: 5, end: 11 }]), {
      code: 'RANGE_NOT_SATISFIABLE',
    })
    await assert.rejects(getRanges(store, 'key', [{ start: 5, end: 5 }]), {
      code: 'INVALID_ARGUMENT',
    })
    await assert.rejects(getRanges(store, 'key', [{ start: 0, end: 10 }], { maxBytes: 9 }), {
      code: 'INVALID_ARGUMENT',
    })
    assert.deepEqual(await getRanges(store, 'key', []), [])
  })
})

describe('getText()', () => {
  test('refuses what is too long or not text', async () => {
    const store = createMemoryStore()
    await store.put('key', [Uint8Array.of(0xff, 0xfe)])
    await assert.rejects(getText(store, 'key'), { code: 'CORRUPT' })
    await assert.rejects(getText(store, 'key', { maxBytes: 1 }), { code: 'INVALID_ARGUMENT' })
  })
})
