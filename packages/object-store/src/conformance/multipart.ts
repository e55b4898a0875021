import assert from 'node:assert/strict'
import type { CompletedPart, MultipartUpload, PartInfo } from '../port.ts'
import {
  type ConformanceTest,
  assertCode,
  assertSame,
  entries,
  names,
  pattern,
  read,
  test,
  watched,
} from './harness.ts'

const MIB = 1024 * 1024
const FIRST = pattern(5 * MIB, 1)
const LAST = pattern(1000, 2)

async function listed(upload: MultipartUpload, startAfter?: number): Promise<PartInfo[]> {
  const parts: PartInfo[] = []
  const options = startAfter === undefined ? {} : { startAfter }
  for await (const part of upload.listParts(options)) parts.push(part)
  return parts
}

function named(...parts: readonly PartInfo[]): CompletedPart[] {
  return parts.map(({ partNumber, etag }) => ({ partNumber, etag }))
}

export const multipartTests: readonly ConformanceTest[] = [
  test('parts become one object, at once, on complete', ['write', 'multipart'], async (store) => {
    const upload = await store.createMultipart('big', {
      headers: { contentType: 'application/x-mill' },
      metadata: { who: 'me' },
    })
    assert.equal(upload.key, 'big')
    const last = await upload.putPart(7, [LAST])
    const first = await upload.putPart(2, [FIRST.subarray(0, 100), FIRST.subarray(100)])
    assert.equal(first.partNumber, 2)
    assert.equal(first.size, FIRST.length)
    assert.notEqual(first.etag, last.etag)
    await assertCode('NOT_FOUND', () => store.head('big'))
    if (store.capabilities.list) assert.deepEqual(await entries(store), [])
    const result = await upload.complete(named(first, last))
    const whole = Buffer.concat([FIRST, LAST])
    assert.equal(result.size, whole.length)
    const info = await store.head('big')
    assert.equal(info.etag, result.etag)
    assert.equal(info.headers.contentType, 'application/x-mill')
    assert.deepEqual({ ...info.metadata }, { who: 'me' })
    assertSame(await read(store, 'big'), whole, 'object')
    const range = { start: FIRST.length - 5, end: FIRST.length + 5 }
    assertSame(
      await read(store, 'big', { range }),
      whole.subarray(range.start, range.end),
      'across the parts',
    )
  }),
  test(
    'a part of a multipart object can be read by its number',
    ['write', 'multipart'],
    async (store) => {
      const upload = await store.createMultipart('big')
      const parts = [await upload.putPart(1, [FIRST]), await upload.putPart(5, [LAST])]
      await upload.complete(named(...parts))
      const second = await store.get('big', { partNumber: 2 })
      assert.deepEqual(
        { ...second.range },
        { start: FIRST.length, end: FIRST.length + LAST.length },
      )
      assert.equal(second.info.size, FIRST.length + LAST.length)
      const chunks: Uint8Array[] = []
      for await (const chunk of second.body) chunks.push(chunk)
      assertSame(Buffer.concat(chunks), LAST, 'second part')
      await assertCode('RANGE_NOT_SATISFIABLE', () => store.get('big', { partNumber: 3 }))
    },
  ),
  test(
    'listParts gives parts by number, the latest of each',
    ['write', 'multipart'],
    async (store) => {
      const upload = await store.createMultipart('big')
      await upload.putPart(3, [pattern(3)])
      await upload.putPart(10, [pattern(10)])
      const early = await upload.putPart(1, [pattern(1)])
      const again = await upload.putPart(1, [pattern(11, 4)])
      assert.notEqual(again.etag, early.etag)
      const parts = await listed(upload)
      assert.deepEqual(
        parts.map((part) => part.partNumber),
        [1, 3, 10],
      )
      assert.deepEqual(
        parts.map((part) => part.size),
        [11, 3, 10],
      )
      assert.equal(parts[0]?.etag, again.etag)
      assert.deepEqual(
        (await listed(upload, 1)).map((part) => part.partNumber),
        [3, 10],
      )
      await assertCode('INVALID_PART', () => upload.complete(named(early)))
      await upload.complete(named(again))
      assertSame(await read(store, 'big'), pattern(11, 4), 'only the parts named')
    },
  ),
  test(
    'complete refuses a wrong list of parts and leaves the upload',
    ['write', 'multipart'],
    async (store) => {
      const upload = await store.createMultipart('big')
      const first = await upload.putPart(1, [FIRST])
      const small = await upload.putPart(2, [LAST])
      const last = await upload.putPart(3, [LAST])
      await assertCode('INVALID_ARGUMENT', () => upload.complete([]))
      await assertCode('INVALID_PART_ORDER', () => upload.complete(named(last, first)))
      await assertCode('INVALID_PART_ORDER', () => upload.complete(named(first, first)))
      await assertCode('INVALID_PART', () =>
        upload.complete([...named(first), { partNumber: 9, etag: last.etag }]),
      )
      await assertCode('INVALID_PART', () =>
        upload.complete([{ partNumber: 1, etag: '0'.repeat(32) }]),
      )
      await assertCode('PART_TOO_SMALL', () => upload.complete(named(first, small, last)))
      await assertCode('NOT_FOUND', () => store.head('big'))
      await upload.complete(named(first, last))
      assert.equal((await store.head('big')).size, FIRST.length + LAST.length)
    },
  ),
  test('part numbers are 1 to 10,000', ['write', 'multipart'], async (store) => {
    const upload = await store.createMultipart('big')
    for (const number of [0, -1, 1.5, 10_001]) {
      await assertCode('INVALID_ARGUMENT', () => upload.putPart(number, [pattern(1)]), `${number}`)
    }
    const part = await upload.putPart(10_000, [pattern(1)])
    assert.equal((await upload.complete(named(part))).size, 1)
  }),
  test(
    'complete again, as after a lost answer, gives the same answer',
    ['write', 'multipart'],
    async (store) => {
      const upload = await store.createMultipart('big')
      const part = await upload.putPart(1, [LAST])
      const result = await upload.complete(named(part))
      const again = await upload.complete(named(part))
      assert.equal(again.etag, result.etag)
      assert.equal(again.versionId, result.versionId)
      assert.equal((await store.head('big')).versionId, result.versionId)
      await assertCode('NO_SUCH_UPLOAD', () => upload.putPart(2, [LAST]))
    },
  ),
  test(
    'abort removes the upload and leaves the old object',
    ['write', 'multipart'],
    async (store) => {
      await store.put('big', [LAST])
      const upload = await store.createMultipart('big')
      const part = await upload.putPart(1, [FIRST])
      await upload.abort()
      await assertCode('NO_SUCH_UPLOAD', () => upload.complete(named(part)))
      await assertCode('NO_SUCH_UPLOAD', () => upload.putPart(1, [LAST]))
      await assertCode('NO_SUCH_UPLOAD', () => listed(upload))
      await assertCode('NO_SUCH_UPLOAD', async () =>
        listed(await store.resumeMultipart('big', upload.uploadId)),
      )
      assertSame(await read(store, 'big'), LAST, 'the old object')
    },
  ),
  test(
    'an upload lives in the store: it can be listed and taken up again',
    ['write', 'multipart'],
    async (store) => {
      const made = await store.createMultipart('x/big', { metadata: { a: 'b' } })
      const other = await store.createMultipart('y')
      const part = await made.putPart(1, [LAST])
      const found: string[] = []
      for await (const one of store.listMultipart()) found.push(`${one.key} ${one.uploadId}`)
      assert.deepEqual(found, [`x/big ${made.uploadId}`, `y ${other.uploadId}`])
      const under: string[] = []
      for await (const one of store.listMultipart({ prefix: 'x/' })) under.push(one.key)
      assert.deepEqual(under, ['x/big'])
      const after: string[] = []
      for await (const one of store.listMultipart({ startAfter: 'x/big' })) after.push(one.key)
      assert.deepEqual(after, ['y'])
      const resumed = await store.resumeMultipart('x/big', made.uploadId)
      assert.deepEqual(
        (await listed(resumed)).map(({ etag }) => etag),
        [part.etag],
      )
      await resumed.complete(named(part))
      assert.deepEqual({ ...(await store.head('x/big')).metadata }, { a: 'b' })
      await other.abort()
      for await (const one of store.listMultipart()) assert.fail(one.key)
      await assertCode('NO_SUCH_UPLOAD', async () =>
        listed(await store.resumeMultipart('y', 'nonsense')),
      )
    },
  ),
  test('a part that fails leaves the earlier one', ['write', 'multipart'], async (store) => {
    const upload = await store.createMultipart('big')
    const part = await upload.putPart(1, [LAST])
    const failure = new Error('source failed')
    await assert.rejects(
      async () => upload.putPart(1, watched([pattern(100_000)], 'fail', failure)),
      failure,
    )
    await assertCode('INCOMPLETE_BODY', () => upload.putPart(1, [pattern(10)], { size: 11 }))
    await assert.rejects(
      async () => upload.putPart(1, [pattern(10)], { signal: AbortSignal.abort(failure) }),
      failure,
    )
    assert.deepEqual(
      (await listed(upload)).map(({ etag }) => etag),
      [part.etag],
    )
    await upload.complete(named(part))
    assert.deepEqual(await read(store, 'big'), LAST)
  }),
  test('complete takes conditions', ['write', 'multipart', 'conditionalWrite'], async (store) => {
    const old = await store.put('big', [pattern(3)])
    const upload = await store.createMultipart('big')
    const part = await upload.putPart(1, [LAST])
    await assertCode('PRECONDITION_FAILED', () =>
      upload.complete(named(part), { conditions: { ifNoneMatch: '*' } }),
    )
    assert.equal((await store.head('big')).etag, old.etag)
    await upload.complete(named(part), { conditions: { ifMatch: old.etag } })
    assertSame(await read(store, 'big'), LAST, 'object')
    if (store.capabilities.list) assert.deepEqual(await names(store), ['big'])
  }),
]
