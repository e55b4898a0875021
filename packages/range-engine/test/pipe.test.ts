import assert from 'node:assert/strict'
import { collect, rechunk } from '@millrace/byte-streams'
import { createMemoryStore } from '@millrace/object-store'
import { openObjectStream } from '@millrace/range-engine'
import { pipe } from 'it-pipe'
import { test } from 'vitest'

test('openObjectStream() is the source of a pipe', async () => {
  const store = createMemoryStore()
  const bytes = Buffer.alloc(300_000, 'rye')
  await store.put('grain', [bytes])
  const stream = await openObjectStream(store, 'grain', { partSize: 70_000 })
  const milled = await pipe(stream, rechunk(1000), collect)
  assert.ok(bytes.equals(milled))
})
