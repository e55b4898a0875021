import assert from 'node:assert/strict'
import type { ListEntry } from '../port.ts'
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

function labelOf(entry: ListEntry): string {
  if (entry.type === 'prefix') return entry.prefix
  if (entry.type === 'object')
    return `${entry.info.key} ${entry.info.versionId} ${entry.info.isLatest}`
  return `${entry.key} ${entry.versionId} ${entry.isLatest} deleted`
}

export const versionTests: readonly ConformanceTest[] = [
  test(
    'without versions every object is version "null"',
    [],
    async (store) => {
      if (store.capabilities.versions) return
      assert.equal((await store.head('key')).versionId, 'null')
      assert.equal((await store.head('key', { versionId: 'null' })).size, 10)
      assertSame(await read(store, 'key', { versionId: 'null' }), pattern(10), 'by version')
      await assertCode('NO_SUCH_VERSION', () => store.head('key', { versionId: '0123456789ab' }))
      if (!store.capabilities.list) return
      const found = await entries(store, { versions: true })
      assert.deepEqual(found.map(labelOf), ['key null true'])
      assert.deepEqual(
        await entries(store, { versions: true, startAfter: 'key', startAfterVersion: 'null' }),
        [],
      )
    },
    { key: pattern(10) },
  ),
  test('every write is a version, and each can be read', ['write', 'versions'], async (store) => {
    const one = await store.put('key', [pattern(1)])
    const two = await store.put('key', [pattern(2)])
    assert.notEqual(one.versionId, two.versionId)
    assertSame(await read(store, 'key'), pattern(2), 'latest')
    assertSame(await read(store, 'key', { versionId: one.versionId }), pattern(1), 'first')
    assert.equal((await store.head('key', { versionId: one.versionId })).isLatest, false)
    assert.equal((await store.head('key')).isLatest, true)
    await assertCode('NO_SUCH_VERSION', () => store.head('key', { versionId: 'nonsense' }))
  }),
  test(
    'delete makes a marker; deleting the marker brings the object back',
    ['write', 'versions'],
    async (store) => {
      const put = await store.put('key', [pattern(1)])
      const deleted = await store.delete('key')
      assert.equal(deleted.deleteMarker, true)
      const marker = deleted.versionId as string
      await assertCode('NOT_FOUND', () => store.get('key'))
      await assertCode('DELETE_MARKER', () => store.get('key', { versionId: marker }))
      assertSame(await read(store, 'key', { versionId: put.versionId }), pattern(1), 'by version')
      if (store.capabilities.list) assert.deepEqual(await names(store), [])
      const undone = await store.delete('key', { versionId: marker })
      assert.deepEqual({ ...undone }, { versionId: marker, deleteMarker: true })
      assertSame(await read(store, 'key'), pattern(1), 'back')
      const gone = await store.delete('key', { versionId: put.versionId })
      assert.deepEqual({ ...gone }, { versionId: put.versionId, deleteMarker: false })
      await assertCode('NOT_FOUND', () => store.get('key'))
    },
  ),
  test(
    'list with versions is newest first within a key, and goes on anywhere',
    ['write', 'list', 'versions'],
    async (store) => {
      const ids: string[] = []
      for (let i = 0; i < 3; i++) ids.push((await store.put('a', [pattern(i + 1)])).versionId)
      const marker = (await store.delete('a')).versionId as string
      const other = (await store.put('b/c', [pattern(9)])).versionId
      const all = (await entries(store, { versions: true })).map(labelOf)
      assert.deepEqual(all, [
        `a ${marker} true deleted`,
        `a ${ids[2]} false`,
        `a ${ids[1]} false`,
        `a ${ids[0]} false`,
        `b/c ${other} true`,
      ])
      const rest = await entries(store, {
        versions: true,
        startAfter: 'a',
        startAfterVersion: ids[2] as string,
      })
      assert.deepEqual(rest.map(labelOf), all.slice(2))
      const next = await entries(store, { versions: true, startAfter: 'a' })
      assert.deepEqual(next.map(labelOf), all.slice(4))
      const grouped = await entries(store, { versions: true, delimiter: '/' })
      assert.deepEqual(grouped.map(labelOf).at(-1), 'b/')
      assert.deepEqual(await names(store), ['b/c'])
    },
  ),
]
