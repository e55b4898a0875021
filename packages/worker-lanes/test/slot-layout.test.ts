import { createBufferPool } from '@millrace/pooled-buffers'
import { checksumsOffset, slotSizeFor, stripeViews } from '@millrace/worker-lanes'
import { describe, expect, it } from 'vitest'

const scheme = { k: 3, m: 2 }

describe('slotSizeFor()', () => {
  it('has room for shards and checksums', () => {
    expect(slotSizeFor({ scheme, unit: 1000 })).toBe(5 * 1032)
    expect(slotSizeFor({ scheme })).toBe(5 * (262_144 + 32))
  })

  it('refuses a unit that cannot be', () => {
    expect(() => slotSizeFor({ scheme, unit: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_WORKER_LANES_INVALID_ARGUMENT' }),
    )
  })
})

describe('stripeViews()', () => {
  it('cuts a slot into neighbouring shards, and the checksums at its end', async () => {
    const pool = createBufferPool({ slotSize: slotSizeFor({ scheme, unit: 1000 }), slots: 1 })
    const lease = await pool.acquire()
    const { shards, checksums } = stripeViews(lease, scheme, 900)
    const { byteOffset } = lease.slot
    expect(shards.map((shard) => shard.byteOffset - byteOffset)).toEqual([0, 900, 1800, 2700, 3600])
    expect(shards.every((shard) => shard.length === 900)).toBe(true)
    expect(checksums[0]?.byteOffset).toBe(checksumsOffset(lease.slot, scheme))
    expect((checksums[4]?.byteOffset ?? 0) + 32).toBe(byteOffset + pool.slotSize)
  })

  it('makes the views of a shape once', async () => {
    const pool = createBufferPool({ slotSize: slotSizeFor({ scheme, unit: 1000 }), slots: 1 })
    const lease = await pool.acquire()
    const first = stripeViews(lease, scheme, 1000)
    expect(stripeViews(lease, scheme, 1000)).toBe(first)
    expect(stripeViews(lease, scheme, 999)).not.toBe(first)
    lease.release()
    expect(() => stripeViews(lease, scheme, 1000)).toThrow(
      expect.objectContaining({ code: 'ERR_LEASE_RELEASED' }),
    )
  })
})
