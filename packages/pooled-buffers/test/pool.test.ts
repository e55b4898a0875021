import { getEventListeners } from 'node:events'
import {
  createBufferPool,
  type Lease,
  PooledBuffersError,
  RESERVED_DEFAULT,
  SLOT_ALIGNMENT,
} from '@millrace/pooled-buffers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('createBufferPool()', () => {
  it('lays aligned slots behind the reserved region', async () => {
    const pool = createBufferPool({ slotSize: 5000, slots: 3 })
    expect(pool.slotSize).toBe(8192)
    expect(pool.reserved).toEqual({ byteOffset: 0, byteLength: RESERVED_DEFAULT })
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()])
    const offsets = leases.map(({ slot }) => slot.byteOffset)
    expect(new Set(offsets).size).toBe(3)
    for (const { slot, bytes } of leases) {
      expect(slot.byteOffset % SLOT_ALIGNMENT).toBe(0)
      expect(slot.byteOffset).toBeGreaterThanOrEqual(RESERVED_DEFAULT)
      expect([bytes.byteOffset, bytes.byteLength]).toEqual([slot.byteOffset, slot.byteLength])
      expect(bytes.buffer).toBe(pool.buffer)
    }
    expect(pool.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(pool.memory.buffer).toBe(pool.buffer)
  })

  it.each([
    { slotSize: 0, slots: 1 },
    { slotSize: 1.5, slots: 1 },
    { slotSize: 4096, slots: 0 },
    { slotSize: 4096, slots: 1, reserve: -1 },
    { slotSize: 2 ** 30, slots: 5 },
  ])('refuses %o at the call', (options) => {
    expect(() => createBufferPool(options)).toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'ERR_POOLED_BUFFERS_INVALID_ARGUMENT' }),
    )
  })

  it('serves waiting callers first come first served', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })
    const first = await pool.acquire()
    const order: number[] = []
    const waiting = [1, 2, 3].map(async (nth) => {
      const lease = await pool.acquire()
      order.push(nth)
      lease.release()
    })
    expect([pool.available, pool.waiting]).toEqual([0, 3])
    expect(pool.tryAcquire()).toBeUndefined()
    first.release()
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3])
    expect([pool.available, pool.waiting]).toEqual([1, 0])
  })

  it('makes no slot and no view in steady state', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 2, reserve: 0 })
    const before = pool.counts
    for (let i = 0; i < 100; i++) {
      const lease = await pool.acquire()
      lease.bytes[0] = i
      lease.release()
    }
    expect(pool.counts).toEqual({ ...before, leases: 100 })
  })

  it('refuses a second release and bytes after release', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })
    const lease = await pool.acquire()
    lease.release()
    expect(() => lease.release()).toThrow(PooledBuffersError)
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_LEASE_RELEASED' }))
    expect(() => lease.bytes).toThrow(expect.objectContaining({ code: 'ERR_LEASE_RELEASED' }))
    expect(pool.available).toBe(1)
  })

  it('releases a lease that is disposed of', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })
    const lease = await pool.acquire()
    lease[Symbol.dispose]()
    expect(pool.available).toBe(1)
  })

  it('knows its own leases and bytes from foreign ones', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 2, reserve: 0 })
    const other = createBufferPool({ slotSize: 4096, slots: 2, reserve: 0 })
    const lease = await pool.acquire()
    pool.check(lease)
    expect(pool.slotOf(lease.bytes.subarray(10, 20))).toBe(lease.slot)
    const foreign = expect.objectContaining({ code: 'ERR_LEASE_FOREIGN', retryable: false })
    expect(() => other.check(lease)).toThrow(foreign)
    expect(() => pool.slotOf(new Uint8Array(10))).toThrow(foreign)
    expect(() => pool.slotOf(new Uint8Array(pool.buffer, 4000, 200))).toThrow(foreign)
    lease.release()
    expect(() => pool.check(lease)).toThrow(expect.objectContaining({ code: 'ERR_LEASE_RELEASED' }))
  })
})

describe('acquire() with a signal', () => {
  it('rejects at once with the reason of an aborted signal, and takes no slot', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })
    const reason = new Error('Before')
    await expect(pool.acquire({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(pool.available).toBe(1)
  })

  it('gives up its place in the queue on abort, and leaves no listener either way', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })
    const lease = await pool.acquire()
    const controller = new AbortController()
    const { signal } = controller
    const aborted = pool.acquire({ signal })
    const served = new AbortController()
    const patient = pool.acquire({ signal: served.signal })
    const reason = new Error('Enough')
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    expect(pool.waiting).toBe(1)
    lease.release()
    ;(await patient).release()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(getEventListeners(served.signal, 'abort')).toHaveLength(0)
    expect([pool.available, pool.waiting]).toEqual([1, 0])
  })
})

describe('a pool under any order of calls', () => {
  it('never lends a slot twice and gets all of them back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.constantFrom('acquire', 'release', 'abort'), { maxLength: 60 }),
        async (slots, steps) => {
          const pool = createBufferPool({ slotSize: 4096, slots, reserve: 0 })
          const held: Lease[] = []
          const waiting: { promise: Promise<Lease | undefined>; controller: AbortController }[] = []
          for (const step of steps) {
            if (step === 'acquire') {
              const controller = new AbortController()
              const promise = pool.acquire({ signal: controller.signal }).then(
                (lease) => (held.push(lease), lease),
                () => undefined,
              )
              waiting.push({ promise, controller })
            } else if (step === 'release') held.shift()?.release()
            else waiting.shift()?.controller.abort()
            await Promise.resolve()
            await Promise.resolve()
            expect(new Set(held.map(({ slot }) => slot)).size).toBe(held.length)
            expect(held.length + pool.available).toBeLessThanOrEqual(slots)
          }
          for (const { controller } of waiting) controller.abort()
          await Promise.all(waiting.map(({ promise }) => promise))
          for (const lease of held.splice(0)) lease.release()
          expect([pool.available, pool.waiting]).toEqual([slots, 0])
        },
      ),
      { numRuns: 40 },
    )
  })
})
