import assert from 'node:assert/strict'
import { collect, rechunk } from '@millrace/byte-streams'
import { createMemoryStore } from '@millrace/object-store'
import { pipe } from 'it-pipe'
import { test } from 'vitest'

test('a put is the sink of a pipe, a body its source', async () => {
  const store = createMemoryStore()
  const put = async (source: AsyncIterable<Uint8Array>): Promise<string> =>
    (await store.put('grain', source)).etag
  await pipe([Buffer.from('rye, '), Buffer.from('wheat')], rechunk(4), put)
  const { body } = await store.get('grain')
  assert.equal(Buffer.from(await pipe(body, rechunk(3), collect)).toString(), 'rye, wheat')
})
