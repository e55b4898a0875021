import { copyLeases, createBufferPool, type Lease, toLeaseStream } from '@millrace/pooled-buffers'
import { describe, expect, it } from 'vitest'

const pool = createBufferPool({ slotSize: 4096, slots: 2, reserve: 0 })

async function* leases(count: number, onEnd?: () => void): AsyncGenerator<Lease> {
  try {
    for (let i = 0; i < count; i++) {
      const lease = await pool.acquire()
      lease.bytes.fill(i)
      yield lease
    }
  } finally {
    onEnd?.()
  }
}

describe('toLeaseStream()', () => {
  it('copies when it is iterated plainly, so that chunks stay as they were', async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of toLeaseStream(() => leases(5))) chunks.push(chunk)
    expect(chunks.map((chunk) => chunk[4095])).toEqual([0, 1, 2, 3, 4])
    expect(chunks.every((chunk) => chunk.buffer !== pool.buffer)).toBe(true)
    expect(pool.available).toBe(2)
  })

  it('hands leases over with leases()', async () => {
    const seen: (number | undefined)[] = []
    for await (const lease of toLeaseStream(() => leases(3)).leases()) {
      expect(lease.bytes.buffer).toBe(pool.buffer)
      seen.push(lease.bytes[0])
      lease.release()
    }
    expect(seen).toEqual([0, 1, 2])
    expect(pool.available).toBe(2)
  })
})

describe('copyLeases()', () => {
  it('closes its source when the consumer leaves early', async () => {
    let closed = false
    for await (const chunk of copyLeases(leases(3, () => (closed = true)))) {
      expect(chunk).toHaveLength(4096)
      break
    }
    expect(closed).toBe(true)
    expect(pool.available).toBe(2)
  })

  it('passes on the error of its source', async () => {
    const failing = async function* (): AsyncGenerator<Lease> {
      yield await pool.acquire()
      throw new Error('Source')
    }
    const run = async (): Promise<void> => {
      for await (const chunk of copyLeases(failing())) expect(chunk).toHaveLength(4096)
    }
    await expect(run()).rejects.toThrow('Source')
    expect(pool.available).toBe(2)
  })
})
