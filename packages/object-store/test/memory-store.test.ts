import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { combineCrcs, digestOf, encodeBase64 } from '@millrace/checksums'
import { createMemoryRegistry, createMemoryStore } from '@millrace/object-store'
import * as fc from 'fast-check'
import { describe, test } from 'vitest'

const MIB = 1024 * 1024

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('createMemoryStore()', () => {
  test('gives the same bytes for every chunking and range', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.array(fc.nat(3000), { maxLength: 8 }),
        fc.nat(3000),
        fc.nat(3000),
        async (bytes, cuts, a, b) => {
          const store = createMemoryStore()
          const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
            (x, y) => x - y,
          )
          await store.put(
            'key',
            edges.slice(1).map((end, i) => bytes.subarray(edges[i], end)),
          )
          assert.ok((await bytesOf((await store.get('key')).body)).equals(bytes))
          const [start, end] = [Math.min(a, b), Math.max(a, b) + 1]
          if (start >= bytes.length) return
          const range = await bytesOf((await store.get('key', { range: { start, end } })).body)
          assert.ok(range.equals(bytes.subarray(start, end)))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('has the MD5 as its ETag', async () => {
    const { etag } = await createMemoryStore().put('key', [Buffer.from('abc')])
    assert.equal(etag, createHash('md5').update('abc').digest('hex'))
  })

  test('is bounded, and gives back what is deleted, replaced, failed or aborted', async () => {
    const store = createMemoryStore({ maxBytes: MIB })
    const half = new Uint8Array(600_000)
    for (let i = 0; i < 20; i++) {
      await store.put('one', [new Uint8Array(300_000)])
      await assert.rejects(store.put('two', [half, half]), { code: 'NO_SPACE' })
      await assert.rejects(store.put('two', [half], { size: 1 }), { code: 'INCOMPLETE_BODY' })
      await assert.rejects(
        store.put('two', [half], {
          beforeCommit: () => {
            throw new Error('no')
          },
        }),
        /no/,
      )
      const upload = await store.createMultipart('two')
      await upload.putPart(1, [half])
      await upload.putPart(1, [new Uint8Array(10)])
      await upload.putPart(2, [half])
      await upload.abort()
      await store.delete('one')
    }
    await store.put('all', [new Uint8Array(1_000_000)], { size: 1_000_000 })
    await assert.rejects(store.put('more', [half]), { code: 'NO_SPACE' })
  })

  test('many empty objects are bounded too', async () => {
    const store = createMemoryStore({ maxBytes: 100_000 })
    await assert.rejects(
      async () => {
        for (let i = 0; i < 1000; i++) await store.put(`key ${i}`, [])
      },
      { code: 'NO_SPACE' },
    )
  })

  test('combines the checksums of parts, both ways', async () => {
    const store = createMemoryStore()
    const bodies = [Buffer.alloc(5 * MIB, 1), Buffer.from('tail')]
    const md5s = bodies.map((body) => createHash('md5').update(body).digest())
    const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2`
    const shas = bodies.map((body) => createHash('sha256').update(body).digest())
    const composite = `${createHash('sha256').update(Buffer.concat(shas)).digest('base64')}-2`
    const crc = encodeBase64(
      combineCrcs(
        'crc64nvme',
        bodies.map((body) => ({ crc: digestOf('crc64nvme', body), length: body.length })),
      ),
    )
    assert.equal(crc, encodeBase64(digestOf('crc64nvme', Buffer.concat(bodies))))
    for (const [checksum, value] of [
      [{ algorithm: 'sha256', type: 'COMPOSITE' }, composite],
      [{ algorithm: 'crc64nvme', type: 'FULL_OBJECT' }, crc],
    ] as const) {
      const upload = await store.createMultipart('big', { checksum })
      const parts = [
        await upload.putPart(1, [bodies[0] as Buffer]),
        await upload.putPart(2, [bodies[1] as Buffer]),
      ]
      const named = parts.map((part) => ({ partNumber: part.partNumber, etag: part.etag }))
      const wrong = { ...checksum, value: 'AAAA' }
      await assert.rejects(upload.complete(named, { checksum: wrong }), {
        code: 'CHECKSUM_MISMATCH',
      })
      await assert.rejects(
        upload.complete(
          named.map((part) => ({ ...part, checksum: { algorithm: 'sha256', value: 'x' } })),
        ),
        { code: 'INVALID_PART' },
      )
      const result = await upload.complete(named, { checksum: { ...checksum, value } })
      assert.equal(result.etag, etag)
      assert.deepEqual(result.checksums, [{ ...checksum, value }])
      assert.deepEqual((await store.head('big')).partSizes, [5 * MIB, 4])
    }
    await assert.rejects(
      store.createMultipart('big', { checksum: { algorithm: 'sha1', type: 'FULL_OBJECT' } }),
      {
        code: 'INVALID_ARGUMENT',
      },
    )
  })

  test('throws at the call for a limit that is none', () => {
    assert.throws(() => createMemoryStore({ maxBytes: 0 }), { code: 'INVALID_ARGUMENT' })
  })
})

describe('createMemoryRegistry()', () => {
  test('creates, lists, opens and deletes buckets', async () => {
    const registry = createMemoryRegistry({ maxBuckets: 3 })
    for (const name of ['b', 'a', 'c']) await registry.createBucket(name, { owner: 'me' })
    await assert.rejects(registry.createBucket('a'), { code: 'BUCKET_EXISTS' })
    await assert.rejects(registry.createBucket('d'), { code: 'NO_SPACE' })
    const names: string[] = []
    for await (const bucket of registry.listBuckets()) names.push(bucket.name)
    assert.deepEqual(names, ['a', 'b', 'c'])
    assert.equal((await registry.headBucket('a')).owner, 'me')
    const store = await registry.openBucket('a')
    await store.put('key', [])
    await assert.rejects(registry.deleteBucket('a'), { code: 'BUCKET_NOT_EMPTY' })
    await store.delete('key')
    await registry.deleteBucket('a')
    await assert.rejects(registry.headBucket('a'), { code: 'NO_SUCH_BUCKET' })
    await assert.rejects(store.put('key', []), { code: 'NO_SUCH_BUCKET' })
    await assert.rejects(registry.deleteBucket('a'), { code: 'NO_SUCH_BUCKET' })
  })

  test('keeps documents and counts them', async () => {
    const registry = createMemoryRegistry({ maxBytes: 10_000 })
    await registry.createBucket('a')
    await registry.setDocument('a', 'cors', '<CORS/>')
    assert.equal(await registry.getDocument('a', 'cors'), '<CORS/>')
    await assert.rejects(registry.setDocument('a', 'policy', 'x'.repeat(10_000)), {
      code: 'NO_SPACE',
    })
    await registry.setDocument('a', 'cors', undefined)
    assert.equal(await registry.getDocument('a', 'cors'), undefined)
    await assert.rejects(registry.getDocument('b', 'cors'), { code: 'NO_SUCH_BUCKET' })
  })
})
