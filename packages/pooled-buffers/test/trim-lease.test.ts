import { createBufferPool, trimLease } from '@millrace/pooled-buffers'
import { describe, expect, it } from 'vitest'

const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })

describe('trimLease()', () => {
  it('cuts the bytes and takes the lease over', async () => {
    const lease = await pool.acquire()
    lease.bytes.set([1, 2, 3, 4])
    const trimmed = trimLease(lease, 1, 3)
    expect([...trimmed.bytes]).toEqual([2, 3])
    expect(trimmed.slot).toBe(lease.slot)
    pool.check(trimmed)
    trimmed.release()
    expect(pool.available).toBe(1)
    const released = expect.objectContaining({ code: 'ERR_LEASE_RELEASED' })
    expect(() => trimmed.release()).toThrow(released)
    expect(() => trimmed.bytes).toThrow(released)
    expect(() => lease.release()).toThrow(released)
  })

  it('trims a trimmed lease by its own bytes', async () => {
    const lease = await pool.acquire()
    lease.bytes.set([1, 2, 3, 4])
    const trimmed = trimLease(trimLease(lease, 1, 4), 1, 2)
    expect([...trimmed.bytes]).toEqual([3])
    trimmed[Symbol.dispose]()
    expect(pool.available).toBe(1)
  })

  it('gives the lease itself when nothing is cut off', async () => {
    const lease = await pool.acquire()
    expect(trimLease(lease, 0, 4096)).toBe(lease)
    lease.release()
  })

  it('makes a view only when the trim differs from the last one of the slot', async () => {
    const trims = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0 })
    for (let i = 0; i < 50; i++) trimLease(await trims.acquire(), 0, 1000).release()
    expect(trims.counts.views).toBe(2)
    trimLease(await trims.acquire(), 0, 999).release()
    expect(trims.counts.views).toBe(3)
  })

  it.each([
    [-1, 2],
    [2, 1],
    [0, 4097],
    [0.5, 2],
  ])('refuses %d to %d', async (start, end) => {
    const lease = await pool.acquire()
    expect(() => trimLease(lease, start, end)).toThrow(
      expect.objectContaining({ code: 'ERR_POOLED_BUFFERS_INVALID_ARGUMENT' }),
    )
    lease.release()
  })
})
