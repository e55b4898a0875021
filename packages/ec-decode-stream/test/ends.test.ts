import { getEventListeners } from 'node:events'
import { decodeStripes } from '@millrace/ec-decode-stream'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { pipe } from 'it-pipe'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bytesOf, makeShards, memorySource } from './fixtures.ts'

const UNIT = 1024
const scheme = { k: 2, m: 1 }
const STRIPE = UNIT * scheme.k
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 2, slots: 4 })
const body = bytesOf(10 * STRIPE + 9)
const made = makeShards(body, scheme, UNIT)

afterEach(() => {
  expect([lanes.pool.available, lanes.pool.waiting]).toEqual([4, 0])
  expect([lanes.running, lanes.queued]).toEqual([0, 0])
})
afterAll(() => lanes.close())

/** Shards that answer when `gate` opens, and count what is under way. */
function slowShards() {
  const state = { underWay: 0, started: 0, signals: new Set<AbortSignal>() }
  const shards = made.files.map((_, shard) =>
    memorySource(made, shard, async (_stripe, signal) => {
      state.underWay++
      state.started++
      state.signals.add(signal)
      await new Promise((resolve) => setTimeout(resolve, 5))
      state.underWay--
    }),
  )
  return { shards, state }
}

const options = { scheme, lanes, unit: UNIT, size: body.length }

describe('the end of a decoded stream', () => {
  it('awaits all reads and releases all leases when the consumer leaves early', async () => {
    const { shards, state } = slowShards()
    for await (const lease of decodeStripes({ ...options, shards, depth: 3 }).leases()) {
      lease.release()
      break
    }
    expect(state.started).toBeGreaterThan(2)
    expect(state.underWay).toBe(0)
    expect([...state.signals].every(({ aborted }) => aborted)).toBe(true)
  })

  it('ends a pull that is under way when the consumer leaves', async () => {
    const { shards, state } = slowShards()
    const stream = decodeStripes({ ...options, shards })
    const leases = stream.leases()[Symbol.asyncIterator]()
    const pull = leases.next()
    await leases.return?.()
    expect(await pull).toEqual({ done: true, value: undefined })
    expect(state.underWay).toBe(0)
  })

  it('rejects with the reason of a signal that is aborted already, and reads nothing', async () => {
    const { shards, state } = slowShards()
    const reason = new Error('Before')
    const signal = AbortSignal.abort(reason)
    const read = async (): Promise<void> => {
      for await (const chunk of decodeStripes({ ...options, shards, signal })) expect(chunk).toBe(0)
    }
    await expect(read()).rejects.toBe(reason)
    expect(state.started).toBe(0)
  })

  it('rejects with the reason of an abort in flight, and keeps no listener', async () => {
    const { shards, state } = slowShards()
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('Enough')
    const read = async (): Promise<void> => {
      for await (const lease of decodeStripes({ ...options, shards, signal }).leases()) {
        lease.release()
        setTimeout(() => controller.abort(reason), 1)
      }
    }
    await expect(read()).rejects.toBe(reason)
    expect(state.underWay).toBe(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('rejects with the reason of an abort while it waits for a slot', async () => {
    const { shards } = slowShards()
    const held = await Promise.all(Array.from({ length: 4 }, () => lanes.pool.acquire()))
    const controller = new AbortController()
    const reason = new Error('Enough')
    setTimeout(() => controller.abort(reason), 5)
    const read = async (): Promise<void> => {
      const { signal } = controller
      for await (const chunk of decodeStripes({ ...options, shards, signal })) expect(chunk).toBe(0)
    }
    await expect(read()).rejects.toBe(reason)
    for (const lease of held) lease.release()
  })

  it('does not refetch after an error in the consumer', async () => {
    const { shards, state } = slowShards()
    const read = async (): Promise<void> => {
      for await (const chunk of decodeStripes({ ...options, shards, depth: 2 })) {
        throw new Error(`Consumer ${chunk.length}`)
      }
    }
    await expect(read()).rejects.toThrow('Consumer')
    const { started } = state
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(state.started).toBe(started)
  })

  it('keeps no slot from others while its consumer is slow', async () => {
    const { shards } = slowShards()
    const slow = [0, 1, 2].map(() => {
      const stream = decodeStripes({ ...options, shards, depth: 4 })
      return stream.leases()[Symbol.asyncIterator]()
    })
    // Three streams on four slots, each holding the stripe it was given: all of them must have got one.
    const held = await Promise.all(slow.map((leases) => leases.next()))
    for (const { value } of held) value?.release()
    for (const leases of slow) await leases.return?.()
  })

  it('fits the start of a pipe', async () => {
    const { shards } = slowShards()
    const size = await pipe(decodeStripes({ ...options, shards }), async (source) => {
      let bytes = 0
      for await (const chunk of source) bytes += chunk.length
      return bytes
    })
    expect(size).toBe(body.length)
  })
})
