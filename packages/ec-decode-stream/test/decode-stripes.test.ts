import { createBufferPool } from '@millrace/pooled-buffers'
import { decodeStripes, type DegradedEvent } from '@millrace/ec-decode-stream'
import { openWorkerLanes, type WorkerLanes } from '@millrace/worker-lanes'
import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bytesOf, collectLeases, expectBytes, flip, makeShards, memorySource } from './fixtures.ts'

const UNIT = 1024
const scheme = { k: 4, m: 2 }
const STRIPE = UNIT * scheme.k
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 2, slots: 4 })

afterEach(() => {
  expect([lanes.pool.available, lanes.pool.waiting]).toEqual([4, 0])
  expect([lanes.running, lanes.queued]).toEqual([0, 0])
})
afterAll(() => lanes.close())

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 5 * STRIPE }),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(-1, 0, 1))
    .map(([stripes, off]) => stripes * STRIPE + off),
)
const ranges = fc.tuple(fc.nat(), fc.nat())

function rangeIn(size: number, [a, b]: readonly [number, number]) {
  const [start, end] = [a % (size + 1), b % (size + 1)].sort((x, y) => x - y) as [number, number]
  return { start, end }
}

describe('decodeStripes()', () => {
  it('gives exactly the range, with up to m shards absent or corrupt anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        ranges,
        fc.uniqueArray(fc.nat({ max: 5 }), { maxLength: 2 }),
        fc.array(fc.record({ kind: fc.constantFrom('absent', 'flip', 'cut'), at: fc.nat() }), {
          minLength: 2,
          maxLength: 2,
        }),
        fc.integer({ min: 1, max: 6 }),
        async (size, ends, victims, faults, depth) => {
          const body = bytesOf(size, size + 3)
          const made = makeShards(body, scheme, UNIT)
          const shards = made.files.map((_, shard) => memorySource(made, shard))
          const range = rangeIn(size, ends)
          const sources: Parameters<typeof decodeStripes>[0]['shards'][number][] = [...shards]
          for (const [nth, shard] of victims.entries()) {
            const { kind, at } = faults[nth] as { kind: string; at: number }
            const file = made.files[shard] as Uint8Array
            if (kind === 'absent') sources[shard] = undefined
            else if (file.length > 0 && kind === 'flip') flip(file, at % file.length, 0x40)
            else {
              const length = at % (file.length + 1)
              sources[shard] = {
                read: (stripe, into) => Math.max(0, Math.min(into.length, length - stripe * UNIT)),
                checksum: () => new Uint8Array(0),
              }
            }
          }
          const options = { scheme, lanes, unit: UNIT, size, range, shards: sources, depth }
          expectBytes(
            await collectLeases(decodeStripes(options)),
            body.slice(range.start, range.end),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('never gives wrong bytes nor a clean end with m + 1 shards lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 * STRIPE }),
        fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 3, maxLength: 6 }),
        fc.nat(),
        fc.boolean(),
        async (size, victims, at, absent) => {
          const body = bytesOf(size, size)
          const made = makeShards(body, scheme, UNIT)
          const stripe = at % made.stripes
          const { start, length } = made.chunk(stripe)
          const dataLength = Math.min(size - stripe * STRIPE, STRIPE)
          const shards = made.files.map((file, shard) => {
            if (!victims.includes(shard)) return memorySource(made, shard)
            if (absent) return undefined
            flip(file, start + (at % length))
            return memorySource(made, shard)
          })
          // Data shards that are right can still be read: only a stripe that lacks one of its own must fail.
          const touched = (shard: number): boolean =>
            shard * length < dataLength || (absent && made.stripes > 1)
          const needed = victims.some((shard) => shard < 4 && touched(shard))
          const seen: Uint8Array[] = []
          const read = async (): Promise<void> => {
            const stream = decodeStripes({ scheme, lanes, unit: UNIT, size, shards })
            for await (const chunk of stream) seen.push(chunk)
          }
          if (needed) {
            await expect(read()).rejects.toMatchObject({
              name: 'DecodeStreamError',
              code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS',
              retryable: absent,
            })
          } else await read()
          const got = Buffer.concat(seen)
          expect(got.equals(body.subarray(0, got.length))).toBe(true)
          if (needed) expect(got.length).toBeLessThan(size)
        },
      ),
      { numRuns: 40 },
    )
  })

  it.each([0, 1])('reads a body of %d bytes', async (size) => {
    const body = bytesOf(size)
    const made = makeShards(body, scheme, UNIT)
    const shards = made.files.map((_, shard) => memorySource(made, shard))
    const stream = decodeStripes({ scheme, lanes, unit: UNIT, size, shards })
    expectBytes(await collectLeases(stream), body)
    const lost = decodeStripes({
      scheme,
      lanes,
      unit: UNIT,
      size: 0,
      shards: Array.from({ length: 6 }),
    })
    expectBytes(await collectLeases(lost), bytesOf(0))
  })

  it('reads the data shards that a range touches, and no more while they are right', async () => {
    const body = bytesOf(4 * STRIPE)
    const made = makeShards(body, scheme, UNIT)
    const shards = made.files.map((_, shard) => memorySource(made, shard))
    const range = { start: STRIPE + UNIT + 1, end: STRIPE + 3 * UNIT - 1 }
    const stream = decodeStripes({ scheme, lanes, unit: UNIT, size: body.length, shards, range })
    expectBytes(await collectLeases(stream), body.slice(range.start, range.end))
    expect(shards.map(({ reads }) => reads)).toEqual([[], [1], [1], [], [], []])
  })

  it('reads a lost shard no more, tells of what it found, and yields copies when iterated plainly', async () => {
    const body = bytesOf(6 * STRIPE)
    const made = makeShards(body, scheme, UNIT)
    flip(made.files[2], 2 * UNIT)
    const failing = memorySource(made, 0, () => {
      throw new Error('Network')
    })
    const shards = made.files.map((_, shard) => (shard === 0 ? failing : memorySource(made, shard)))
    const events: DegradedEvent[] = []
    const options = { scheme, lanes, unit: UNIT, size: body.length, shards, depth: 1 }
    const chunks: Uint8Array[] = []
    const onDegraded = (event: DegradedEvent) => events.push(event)
    for await (const chunk of decodeStripes({ ...options, onDegraded })) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(body)).toBe(true)
    expect(chunks.every(({ buffer }) => buffer !== lanes.pool.buffer)).toBe(true)
    expect(failing.reads).toEqual([0])
    expect(events).toEqual([
      {
        stripe: 0,
        shard: 0,
        state: 'error',
        cause: expect.objectContaining({ message: 'Network' }),
      },
      { stripe: 2, shard: 2, state: 'corrupt' },
    ])
  })

  it('turns back to a shard that failed when it takes it to have k', async () => {
    const body = bytesOf(3 * STRIPE)
    const made = makeShards(body, scheme, UNIT)
    const flaky = memorySource(made, 0, (stripe) => {
      if (stripe === 0) throw new Error('Once')
    })
    const shards = made.files.map((_, shard) => (shard === 0 ? flaky : memorySource(made, shard)))
    flip(made.files[4], 2 * UNIT)
    flip(made.files[5], 2 * UNIT)
    const options = { scheme, lanes, unit: UNIT, size: body.length, shards, depth: 1 }
    expectBytes(await collectLeases(decodeStripes(options)), body)
    expect(flaky.reads).toEqual([0, 2])
  })

  it('keeps the order whatever the latencies', async () => {
    const body = bytesOf(8 * STRIPE + 5)
    const made = makeShards(body, scheme, UNIT)
    const shards = made.files.map((_, shard) =>
      memorySource(made, shard, async (stripe) => {
        for (let i = (stripe * 7 + shard * 3) % 5; i > 0; i--) {
          await new Promise((resolve) => setImmediate(resolve))
        }
      }),
    )
    const options = { scheme, lanes, unit: UNIT, size: body.length, shards, depth: 4 }
    expectBytes(await collectLeases(decodeStripes(options)), body)
  })

  it('can be iterated again', async () => {
    const body = bytesOf(STRIPE + 1)
    const made = makeShards(body, scheme, UNIT)
    const shards = made.files.map((_, shard) => memorySource(made, shard))
    const stream = decodeStripes({ scheme, lanes, unit: UNIT, size: body.length, shards })
    expectBytes(await collectLeases(stream), body)
    expectBytes(await collectLeases(stream), body)
  })

  it.each([
    [{ lanes: undefined as unknown as WorkerLanes }, 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'],
    [{ unit: 1 << 20 }, 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'],
    [{ depth: 0 }, 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'],
    [{ shards: [] }, 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'],
    [{ range: { start: 5, end: 11 } }, 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'],
    [{ range: { start: 5, end: 4 } }, 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'],
    [
      { shards: Array.from({ length: 6 }, () => ({})) as never },
      'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT',
    ],
    [{ size: -1 }, 'ERR_EC_INVALID_GEOMETRY'],
    [{ scheme: { k: 0, m: 1 } }, 'ERR_EC_INVALID_SCHEME'],
  ])('refuses wrong options at the call: %#', (options, code) => {
    const shards = Array.from({ length: 6 }, () => undefined)
    expect(() =>
      decodeStripes({ scheme, lanes, unit: UNIT, size: 10, shards, ...options }),
    ).toThrow(expect.objectContaining({ code }))
  })

  it('leaves nothing behind that debug mode could find', async () => {
    const problems: string[] = []
    const pool = createBufferPool({
      slotSize: lanes.pool.slotSize,
      slots: 3,
      debug: true,
      onProblem: ({ error }) => problems.push(error.message),
    })
    const checked = openWorkerLanes({ pool, threads: 2 })
    const body = bytesOf(20 * STRIPE)
    const made = makeShards(body, scheme, UNIT)
    const shards = made.files.map((_, shard) =>
      shard === 1 ? undefined : memorySource(made, shard),
    )
    const options = { scheme, lanes: checked, unit: UNIT, size: body.length, shards }
    expectBytes(await collectLeases(decodeStripes(options)), body)
    for await (const chunk of decodeStripes(options)) {
      expect(chunk).toHaveLength(STRIPE)
      break
    }
    expect(pool.openLeases()).toEqual([])
    for (const lease of await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()])) {
      lease.release()
    }
    expect(problems).toEqual([])
    await checked.close()
  })
})
