import { readdir } from 'node:fs/promises'
import { collect } from '@millrace/byte-streams'
import type { ObjectStore } from '@millrace/object-store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fixture, UNIT, openFixture, pattern, shardFiles } from './volumes-fixture.ts'

const STRIPE = 4 * UNIT

/** A body that waits in its middle until it is told to go on. */
function gated(bytes: Buffer): { body: AsyncIterable<Uint8Array>; open(): void } {
  let open!: () => void
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const body = (async function* () {
    yield bytes.subarray(0, 1)
    await gate
    yield bytes.subarray(1)
  })()
  return { body, open }
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

describe('calls that meet', () => {
  let fixture: Fixture
  let bucket: ObjectStore
  beforeEach(async () => {
    fixture = await openFixture()
    await fixture.store.createBucket('b')
    bucket = await fixture.store.openBucket('b')
  })
  afterEach(async () => await fixture[Symbol.asyncDispose]())

  const read = async (key: string): Promise<Buffer> =>
    Buffer.from(await collect((await bucket.get(key)).body))
  const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

  test('of two puts the last to commit is the newest, whichever began first, also for volumes that come back', async () => {
    const slow = gated(Buffer.from('slow and last'))
    const first = bucket.put('k', slow.body)
    await tick()
    await bucket.put('k', [Buffer.from('quick')])
    slow.open()
    await first
    expect((await read('k')).toString()).toBe('slow and last')
    // With two volumes away one copy less of the newer record decides nothing.
    for (const away of [0, 2, 4]) {
      const here = fixture.volumes.filter((_, place) => place !== away && place !== away + 1)
      bucket = await (await fixture.reopen(here)).openBucket('b')
      expect((await read('k')).toString()).toBe('slow and last')
    }
  })

  test('of two puts of a part the last to commit is the part', async () => {
    const upload = await bucket.createMultipart('k')
    const slow = gated(Buffer.from('slow'))
    const first = upload.putPart(1, slow.body)
    await tick()
    await upload.putPart(1, [Buffer.from('quick')])
    slow.open()
    await upload.complete([await first])
    expect((await read('k')).toString()).toBe('slow')
  })

  test('complete, abort, putPart and complete again at once: one wins, and what is there is whole', async () => {
    for (let round = 0; round < 12; round++) {
      const key = `k${round}`
      const upload = await bucket.createMultipart(key)
      const body = pattern(2 * STRIPE, round + 1)
      const parts = [await upload.putPart(1, [body])]
      const calls = [
        () => upload.complete(parts),
        () => upload.abort(),
        () => upload.putPart(1, [body]),
        () => upload.complete(parts),
      ]
      const order = round % 2 === 0 ? calls : calls.toReversed()
      const outcomes = await Promise.allSettled(order.map((call) => call()))
      const completed = outcomes.some(
        (outcome) => outcome.status === 'fulfilled' && (outcome.value as { size?: number })?.size,
      )
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toMatchObject({ code: 'NO_SUCH_UPLOAD' })
        }
      }
      const there = await bucket.head(key).catch(() => undefined)
      if (there !== undefined) {
        expect(completed).toBe(true)
        expect((await read(key)).equals(body)).toBe(true)
      }
    }
    const uploads: unknown[] = []
    for await (const upload of bucket.listMultipart()) uploads.push(upload)
    expect(uploads).toEqual([])
    // Neither here nor after a start is there a shard that no object accounts for.
    let objects = 0
    for await (const _ of bucket.list()) objects++
    await fixture.reopen()
    for (const volume of fixture.volumes) expect(await shardFiles(volume)).toHaveLength(objects)
  })

  test('an object being read stays whole while it is overwritten and deleted', async () => {
    const upload = await bucket.createMultipart('k')
    const body = pattern(9 * STRIPE)
    const parts = [
      await upload.putPart(1, [body.subarray(0, 5 * STRIPE)]),
      await upload.putPart(2, [body.subarray(5 * STRIPE)]),
    ]
    await upload.complete(parts, { minPartSize: 0 })
    const { body: chunks } = await bucket.get('k')
    const got: Uint8Array[] = []
    let seen = 0
    for await (const chunk of chunks) {
      got.push(chunk)
      if (seen++ === 0) await bucket.put('k', [Buffer.from('new')])
      if (seen === 2) await bucket.delete('k')
    }
    expect(Buffer.concat(got).equals(body)).toBe(true)
    await fixture.store.close()
    for (const volume of fixture.volumes) expect(await shardFiles(volume)).toEqual([])
  })

  test('a bucket is deleted, or the put is there: never both', async () => {
    for (let round = 0; round < 10; round++) {
      const name = `c${round}`
      await fixture.store.createBucket(name)
      const store = await fixture.store.openBucket(name)
      const late = gated(Buffer.from('late'))
      const put = store.put('k', late.body)
      await Promise.all([
        put.catch((error: unknown) => expect(error).toMatchObject({ code: 'NO_SUCH_BUCKET' })),
        fixture.store
          .deleteBucket(name)
          .catch((error: unknown) => expect(error).toMatchObject({ code: 'BUCKET_NOT_EMPTY' })),
        (async () => {
          if (round % 2 === 0) await tick()
          late.open()
        })(),
      ])
      const left = await fixture.store.headBucket(name).catch(() => undefined)
      if (left === undefined) {
        await fixture.store.createBucket(name)
        await expect(store.head('k')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      } else {
        await store.head('k')
      }
    }
  })

  test('close() while calls run: each succeeds, durably, or is UNAVAILABLE; later ones are refused', async () => {
    const body = pattern(STRIPE)
    await bucket.put('before', [pattern(6 * STRIPE)])
    const reading = await bucket.get('before')
    const late = gated(body)
    const calls = [
      ...Array.from({ length: 8 }, (_, i) => [`k${i}`, bucket.put(`k${i}`, [body])] as const),
      ['late', bucket.put('late', late.body)] as const,
    ]
    await tick()
    const closing = fixture.store.close()
    late.open()
    const stored: string[] = []
    const outcomes = await Promise.allSettled(calls.map(([, call]) => call))
    for (const [position, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') stored.push((calls[position] as (typeof calls)[0])[0])
      else expect(outcome.reason).toMatchObject({ code: 'UNAVAILABLE' })
    }
    await closing
    expect((await collect(reading.body)).length).toBe(6 * STRIPE)
    await expect(bucket.head('before')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(bucket.put('k', [body])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(bucket.delete('before')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    bucket = await (await fixture.reopen()).openBucket('b')
    for (const key of stored) expect((await read(key)).equals(body)).toBe(true)
    for (const volume of fixture.volumes) {
      let objects = 0
      for await (const _ of bucket.list()) objects++
      expect(await shardFiles(volume)).toHaveLength(objects)
    }
  })

  describe('leave no descriptor and no lease behind', () => {
    const settledCounts = async (): Promise<[number, number]> => {
      await tick()
      return [await openFiles(), fixture.lanes.pool.available]
    }

    test('reads: untouched, left early, aborted, disposed of twice and in the middle', async () => {
      await bucket.put('k', [pattern(12 * STRIPE)])
      await read('k')
      const before = await settledCounts()
      for (let round = 0; round < 5; round++) {
        await (await bucket.get('k'))[Symbol.asyncDispose]()

        const early = await bucket.get('k')
        for await (const _ of early.body) break
        await early[Symbol.asyncDispose]()
        await early[Symbol.asyncDispose]()
        await expect(collect(early.body)).rejects.toMatchObject({ code: 'IO' })

        const cut = await bucket.get('k')
        const iterator = cut.body[Symbol.asyncIterator]()
        await iterator.next()
        await cut[Symbol.asyncDispose]()
        await expect(iterator.next()).rejects.toMatchObject({ code: 'IO' })

        const controller = new AbortController()
        const reason = new Error('enough')
        const aborted = await bucket.get('k', { signal: controller.signal })
        const reading = collect(aborted.body)
        controller.abort(reason)
        await expect(reading).rejects.toBe(reason)
        await expect(bucket.get('k', { signal: controller.signal })).rejects.toBe(reason)

        const twice = await bucket.get('k')
        await collect(twice.body)
        await expect(collect(twice.body)).rejects.toMatchObject({ code: 'IO' })
      }
      expect(await settledCounts()).toEqual(before)
    })

    test('writes: source errors, short and long bodies, refusals, aborts before and during', async () => {
      await bucket.put('k', [pattern(STRIPE)])
      await read('k')
      const before = await settledCounts()
      const failing = async function* (after: number) {
        yield pattern(after)
        throw new Error('source broke')
      }
      for (const size of [1, STRIPE, 3 * STRIPE + 1]) {
        await expect(bucket.put('n', failing(size))).rejects.toThrow('source broke')
        await expect(bucket.put('n', [pattern(size)], { size: size + 1 })).rejects.toMatchObject({
          code: 'INCOMPLETE_BODY',
        })
        await expect(bucket.put('n', [pattern(size)], { size: size - 1 })).rejects.toMatchObject({
          code: 'INCOMPLETE_BODY',
        })
        const refusal = new Error('refused')
        const beforeCommit = (): never => {
          throw refusal
        }
        await expect(bucket.put('n', [pattern(size)], { beforeCommit })).rejects.toBe(refusal)
        const controller = new AbortController()
        const silent = gated(pattern(size + 1))
        const put = bucket.put('n', silent.body, { signal: controller.signal })
        setTimeout(() => controller.abort(refusal), 10)
        await expect(put).rejects.toBe(refusal)
        silent.open()
        await expect(
          bucket.put('n', [pattern(1)], { conditions: { ifMatch: 'other' } }),
        ).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
      expect(await settledCounts()).toEqual(before)
      await fixture.store.close()
      for (const volume of fixture.volumes) expect(await shardFiles(volume)).toHaveLength(1)
    })
  })
})
