import assert from 'node:assert/strict'
import { type ConformanceTest, assertCode, assertSame, pattern, read, test } from './harness.ts'

const OBJECT = pattern(300_001)
const objects = { object: OBJECT, empty: new Uint8Array(0), one: Uint8Array.of(7) }

export const readTests: readonly ConformanceTest[] = [
  test(
    'get gives the bytes and says what they are',
    [],
    async (store) => {
      const result = await store.get('object')
      assert.equal(result.info.key, 'object')
      assert.equal(result.info.size, OBJECT.length)
      assert.deepEqual({ ...result.range }, { start: 0, end: OBJECT.length })
      assert.ok(result.info.etag.length > 0 && !result.info.etag.includes('"'))
      assert.ok(result.info.lastModified instanceof Date)
      assert.equal(result.info.isLatest, true)
      const chunks: Uint8Array[] = []
      for await (const chunk of result.body) {
        assert.ok(chunk instanceof Uint8Array)
        chunks.push(chunk)
      }
      assertSame(Buffer.concat(chunks), OBJECT, 'body')
    },
    objects,
  ),
  test(
    'get gives an empty object and one of one byte',
    [],
    async (store) => {
      const result = await store.get('empty')
      assert.deepEqual({ ...result.range }, { start: 0, end: 0 })
      for await (const chunk of result.body) assert.equal(chunk.length, 0)
      assertSame(await read(store, 'one'), objects.one, 'one byte')
    },
    objects,
  ),
  test(
    'head says what get says',
    [],
    async (store) => {
      const info = await store.head('object')
      await using result = await store.get('object')
      for (const field of ['key', 'size', 'etag', 'versionId', 'isLatest'] as const) {
        assert.equal(info[field], result.info[field], field)
      }
      assert.deepEqual(info.metadata, result.info.metadata)
      assert.deepEqual(info.headers, result.info.headers)
    },
    objects,
  ),
  test('get and head of what is not there throw NOT_FOUND', [], async (store) => {
    await assertCode('NOT_FOUND', () => store.get('nothing'))
    await assertCode('NOT_FOUND', () => store.head('nothing'))
  }),
  test(
    'get gives every kind of range',
    [],
    async (store) => {
      const size = OBJECT.length
      const cases = [
        [{ start: 0, end: 1 }, 0, 1],
        [{ start: 0, end: size }, 0, size],
        [{ start: 5, end: 70_000 }, 5, 70_000],
        [{ start: 65_535, end: 65_537 }, 65_535, 65_537],
        [{ start: size - 1 }, size - 1, size],
        [{ start: 100 }, 100, size],
        [{ start: size - 10, end: size + 1_000 }, size - 10, size],
        [{ suffix: 1 }, size - 1, size],
        [{ suffix: size + 5 }, 0, size],
      ] as const
      for (const [range, start, end] of cases) {
        const what = JSON.stringify(range)
        const result = await store.get('object', { range })
        assert.deepEqual({ ...result.range }, { start, end }, what)
        assert.equal(result.info.size, size, what)
        const chunks: Uint8Array[] = []
        for await (const chunk of result.body) chunks.push(chunk)
        assertSame(Buffer.concat(chunks), OBJECT.subarray(start, end), what)
      }
    },
    objects,
  ),
  test(
    'a range without a byte of the object throws RANGE_NOT_SATISFIABLE with the size',
    [],
    async (store) => {
      for (const range of [
        { start: OBJECT.length },
        { start: OBJECT.length + 5, end: 1e9 },
        { suffix: 0 },
      ]) {
        await assertCode('RANGE_NOT_SATISFIABLE', () => store.get('object', { range }))
      }
      await assertCode('RANGE_NOT_SATISFIABLE', () => store.get('empty', { range: { start: 0 } }))
      await assertCode('RANGE_NOT_SATISFIABLE', () => store.get('empty', { range: { suffix: 1 } }))
      await assert.rejects(
        async () => store.get('object', { range: { start: OBJECT.length } }),
        (error: unknown) =>
          (error as { details: { size?: unknown } }).details.size === OBJECT.length,
      )
    },
    objects,
  ),
  test(
    'a range that makes no sense throws INVALID_ARGUMENT',
    [],
    async (store) => {
      for (const range of [
        { start: -1 },
        { start: 0.5 },
        { start: 5, end: 5 },
        { start: 5, end: 4 },
        { suffix: -1 },
      ]) {
        await assertCode(
          'INVALID_ARGUMENT',
          () => store.get('object', { range }),
          JSON.stringify(range),
        )
      }
    },
    objects,
  ),
  test(
    'a result may be left untouched, early, or read while others are',
    [],
    async (store) => {
      for (let i = 0; i < 20; i++) await (await store.get('object'))[Symbol.asyncDispose]()
      for (let i = 0; i < 20; i++) {
        for await (const chunk of (await store.get('object')).body) {
          assert.ok(chunk.length > 0)
          break
        }
      }
      const two = await Promise.all([
        read(store, 'object'),
        read(store, 'object'),
        read(store, 'one'),
      ])
      assertSame(two[0], OBJECT, 'first of two')
      assertSame(two[1], OBJECT, 'second of two')
      const used = await store.get('object')
      const chunks: Uint8Array[] = []
      for await (const chunk of used.body) chunks.push(chunk)
      await used[Symbol.asyncDispose]()
      await used[Symbol.asyncDispose]()
    },
    objects,
  ),
  test(
    'chunks belong to their consumer: changing one changes nothing in the store',
    [],
    async (store) => {
      for await (const chunk of (await store.get('object')).body) chunk.fill(0)
      assertSame(await read(store, 'object'), OBJECT, 'after the consumer wrote to its chunks')
    },
    objects,
  ),
  test(
    'an aborted signal rejects with its reason, before and during',
    [],
    async (store) => {
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      await assert.rejects(async () => store.get('object', { signal }), reason)
      await assert.rejects(async () => store.head('object', { signal }), reason)
      const controller = new AbortController()
      const result = await store.get('object', { signal: controller.signal })
      controller.abort(reason)
      await assert.rejects(async () => {
        for await (const chunk of result.body) assert.ok(chunk.length >= 0)
      }, reason)
    },
    objects,
  ),
]
