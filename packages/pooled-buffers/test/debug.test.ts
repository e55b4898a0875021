import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createBufferPool, POISON, type PoolProblem } from '@millrace/pooled-buffers'
import { describe, expect, it, vi } from 'vitest'

function debugPool(slots = 1) {
  const problems: PoolProblem[] = []
  const pool = createBufferPool({
    slotSize: 4096,
    slots,
    reserve: 0,
    debug: true,
    onProblem: (problem) => problems.push(problem),
  })
  return { pool, problems }
}

describe('debug mode', () => {
  it('fills free slots with poison', async () => {
    const { pool } = debugPool()
    const lease = await pool.acquire()
    expect(lease.bytes.every((byte) => byte === POISON)).toBe(true)
    lease.bytes.fill(1)
    const kept = lease.bytes
    lease.release()
    expect(kept.every((byte) => byte === POISON)).toBe(true)
  })

  it('reports a write to a free slot, with the place where it was last acquired', async () => {
    const { pool, problems } = debugPool()
    const lease = await pool.acquire()
    const kept = lease.bytes
    lease.release()
    kept[4000] = 1
    ;(await pool.acquire()).release()
    expect(problems).toHaveLength(1)
    expect(problems[0]?.error.code).toBe('ERR_LEASE_WRITTEN_AFTER_RELEASE')
    expect(problems[0]?.acquiredAt).toContain('debug.test.ts')
  })

  it('lists the leases that are out', async () => {
    const { pool } = debugPool(2)
    const lease = await pool.acquire()
    expect(pool.openLeases()).toHaveLength(1)
    expect(pool.openLeases()[0]?.acquiredAt).toContain('debug.test.ts')
    lease.release()
    expect(pool.openLeases()).toHaveLength(0)
  })

  it('reports a lease that was dropped, with the place where it was acquired', async () => {
    const { pool, problems } = debugPool(2)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const drop = async (): Promise<void> => {
      await pool.acquire()
    }
    await drop()
    const kept = await pool.acquire()
    await vi.waitFor(() => {
      collect()
      expect(problems.map(({ error }) => error.code)).toEqual(['ERR_LEASE_LEAKED'])
    })
    expect(problems[0]?.acquiredAt).toContain('debug.test.ts')
    kept.release()
  })

  it('warns when nobody listens', async () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const pool = createBufferPool({ slotSize: 4096, slots: 1, reserve: 0, debug: true })
    const lease = await pool.acquire()
    const kept = lease.bytes
    lease.release()
    kept[0] = 0
    ;(await pool.acquire()).release()
    expect(warning).toHaveBeenCalledOnce()
    warning.mockRestore()
  })
})
