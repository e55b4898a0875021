import { getEventListeners } from 'node:events'
import { ALGORITHMS, digestOf } from '@millrace/checksums'
import { encodeStripes, type Stripe } from '@millrace/ec-encode-stream'
import { openWorkerLanes, type WorkerLanes } from '@millrace/worker-lanes'
import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bytesOf, cut, expectFiles, gather, shardFilesOf } from './fixtures.ts'

const UNIT = 4096
const scheme = { k: 4, m: 2 }
const STRIPE = UNIT * scheme.k
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 2, slots: 3 })

afterEach(() => {
  expect([lanes.pool.available, lanes.pool.waiting]).toEqual([3, 0])
  expect([lanes.running, lanes.queued]).toEqual([0, 0])
})
afterAll(() => lanes.close())

const encode = (options: Partial<Parameters<typeof encodeStripes>[0]> = {}) =>
  encodeStripes({ scheme, lanes, unit: UNIT, ...options })

describe('encodeStripes()', () => {
  it('gives the same shards, tables and digests for any chunks, size and depth', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.integer({ min: 0, max: 3 * STRIPE }),
          fc
            .constantFrom(-1, 0, 1)
            .chain((off) => fc.constantFrom(1, 2, 3).map((n) => n * STRIPE + off)),
        ),
        fc.array(fc.integer({ min: 0, max: STRIPE + 100 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        async (size, lengths, depth) => {
          const body = bytesOf(size, size + 1)
          const expected = shardFilesOf(body, scheme, UNIT)
          const stream = encode({ depth, hash: ['md5', 'crc64nvme'] })(cut(body, lengths))
          const { files, summary } = await gather(stream, 6)
          expectFiles(files, expected.files)
          expectFiles(summary.tables, expected.tables)
          expect(summary).toMatchObject({
            size,
            stripes: expected.stripes,
            shardSize: expected.shardSize,
            digests: { md5: digestOf('md5', body), crc64nvme: digestOf('crc64nvme', body) },
          })
        },
      ),
      { numRuns: 30 },
    )
  })

  it.each([0, 1])('takes a body of %d bytes', async (size) => {
    const { files, summary } = await gather(encode({ hash: ALGORITHMS })([bytesOf(size)]), 6)
    expectFiles(files, shardFilesOf(bytesOf(size), scheme, UNIT).files)
    expect([summary.size, summary.stripes, summary.shardSize]).toEqual([size, size, size])
    expect(summary.digests.sha256).toEqual(digestOf('sha256', bytesOf(size)))
  })

  it('works on one slot whatever the depth', async () => {
    const narrow = openWorkerLanes({ scheme, unit: UNIT, threads: 1, slots: 1 })
    const body = bytesOf(5 * STRIPE + 7)
    const { files } = await gather(
      encodeStripes({ scheme, lanes: narrow, unit: UNIT, depth: 4 })([body]),
      6,
    )
    expectFiles(files, shardFilesOf(body, scheme, UNIT).files)
    await narrow.close()
  })

  it('gives each stripe its place and its checksums', async () => {
    const body = bytesOf(STRIPE + 10)
    const { tables } = shardFilesOf(body, scheme, UNIT)
    const places: number[][] = []
    for await (const stripe of encode()([body])) {
      const { index, dataLength, shardLength, shardOffset, checksums, failures } = stripe
      places.push([index, dataLength, shardLength, shardOffset])
      expect(checksums.map((sum) => Uint8Array.from(sum))).toEqual(
        tables.map((table) => table.slice(index * 32, (index + 1) * 32)),
      )
      expect(failures).toEqual(Array.from({ length: 6 }))
      expect(stripe.lease.bytes.slice(0, dataLength)).toEqual(
        body.slice(index * STRIPE, index * STRIPE + dataLength),
      )
      stripe.release()
      expect(() => stripe.shards).toThrow(expect.objectContaining({ code: 'ERR_LEASE_RELEASED' }))
    }
    expect(places).toEqual([
      [0, STRIPE, UNIT, 0],
      [1, 10, 3, UNIT],
    ])
  })

  it('fills at most depth stripes ahead of the consumer', async () => {
    let pulled = 0
    const source = async function* () {
      for (let i = 0; i < 20; i++) {
        pulled++
        yield bytesOf(STRIPE)
      }
    }
    const wide = openWorkerLanes({ scheme, unit: UNIT, threads: 1, slots: 16 })
    const stripes = encodeStripes({ scheme, lanes: wide, unit: UNIT, depth: 3 })(source())
    for await (const stripe of stripes) {
      expect(wide.pool.slotCount - wide.pool.available).toBeLessThanOrEqual(3 + 1 + 1)
      expect(pulled).toBeLessThanOrEqual(stripe.index + 3 + 2)
      stripe.release()
    }
    await wide.close()
  })

  it.each([
    [{ lanes: undefined as unknown as WorkerLanes }, 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'],
    [{ unit: 1 << 20 }, 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'],
    [{ depth: 0 }, 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'],
    [{ quorum: 7 }, 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'],
    [{ files: [{ fd: 1 }] }, 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'],
    [{ hash: ['md6' as 'md5'] }, 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT'],
    [{ scheme: { k: 0, m: 0 } }, 'ERR_EC_INVALID_SCHEME'],
  ])('refuses wrong options at the call: %o', (options, code) => {
    expect(() => encode(options)).toThrow(expect.objectContaining({ code }))
  })
})

describe('the end of a stream of stripes', () => {
  it('closes the source and releases all stripes when the consumer leaves early', async () => {
    let closed = false
    const source = async function* () {
      try {
        while (true) yield bytesOf(STRIPE)
      } finally {
        closed = true
      }
    }
    const stream = encode({ hash: ['md5'] })(source())
    for await (const stripe of stream) {
      stripe.release()
      if (stripe.index === 2) break
    }
    expect(closed).toBe(true)
    await expect(stream.summary).rejects.toMatchObject({
      code: 'ERR_EC_ENCODE_STREAM_NOT_CONSUMED',
    })
  })

  it('does not wait for a source that is parked when the consumer leaves', async () => {
    let closed = false
    const parked = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => {
          closed = true
          return { done: true as const, value: undefined }
        },
      }),
    }
    const stripes = encode()(parked)[Symbol.asyncIterator]()
    const pull = stripes.next()
    await stripes.return()
    expect(await pull).toEqual({ done: true, value: undefined })
    expect(closed).toBe(true)
  })

  it("passes on the source's error, after the stripes before it", async () => {
    const source = async function* () {
      yield bytesOf(2 * STRIPE + 5)
      throw new Error('Source')
    }
    const stream = encode()(source())
    const seen: number[] = []
    const run = async (): Promise<void> => {
      for await (const stripe of stream) {
        seen.push(stripe.index)
        stripe.release()
      }
    }
    await expect(run()).rejects.toThrow('Source')
    await expect(stream.summary).rejects.toThrow('Source')
    expect(seen).toEqual([0, 1])
  })

  it('passes on an error in the consumer', async () => {
    const run = async (): Promise<void> => {
      for await (const stripe of encode()([bytesOf(9 * STRIPE)])) {
        stripe.release()
        throw new Error('Consumer')
      }
    }
    await expect(run()).rejects.toThrow('Consumer')
  })

  it('rejects with the reason of a signal that is aborted already, without a pull', async () => {
    const reason = new Error('Before')
    let pulled = false
    const source = function* () {
      pulled = true
      yield bytesOf(1)
    }
    const stream = encode({ signal: AbortSignal.abort(reason) })(source())
    await expect(gather(stream, 6)).rejects.toBe(reason)
    await expect(stream.summary).rejects.toBe(reason)
    expect(pulled).toBe(false)
  })

  it('rejects with the reason of an abort, also when the source is parked, and keeps no listener', async () => {
    const controller = new AbortController()
    const reason = new Error('Enough')
    const source = async function* () {
      yield bytesOf(STRIPE)
      await new Promise<never>(() => {})
    }
    const stream = encode({ signal: controller.signal, hash: ['md5'] })(source())
    const run = async (): Promise<void> => {
      for await (const stripe of stream) {
        stripe.release()
        setTimeout(() => controller.abort(reason), 5)
      }
    }
    await expect(run()).rejects.toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })

  it('rejects with the reason of an abort while it waits for a slot', async () => {
    const held = await Promise.all([
      lanes.pool.acquire(),
      lanes.pool.acquire(),
      lanes.pool.acquire(),
    ])
    const controller = new AbortController()
    const reason = new Error('Enough')
    setTimeout(() => controller.abort(reason), 5)
    await expect(gather(encode({ signal: controller.signal })([bytesOf(10)]), 6)).rejects.toBe(
      reason,
    )
    for (const lease of held) lease.release()
  })

  it('refuses chunks that are not bytes, and a second iteration', async () => {
    await expect(gather(encode()(['text'] as never), 6)).rejects.toMatchObject({
      code: 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT',
    })
    const stream = encode()([bytesOf(1)])
    await gather(stream, 6)
    expect(() => stream[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT' }),
    )
  })

  it('may be left before it was begun, and closes its source then too', async () => {
    let closed = false
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('Pulled')),
        return: async () => {
          closed = true
          return { done: true as const, value: undefined }
        },
      }),
    }
    const stream = encode({ hash: ['md5'] })(source)
    const before = lanes.counts.hops
    const stripes: AsyncGenerator<Stripe> = stream[Symbol.asyncIterator]()
    await stripes.return(undefined)
    expect(await stripes.next()).toEqual({ done: true, value: undefined })
    await expect(stream.summary).rejects.toMatchObject({
      code: 'ERR_EC_ENCODE_STREAM_NOT_CONSUMED',
    })
    expect([closed, lanes.counts.hops - before]).toEqual([true, 0])
  })
})
