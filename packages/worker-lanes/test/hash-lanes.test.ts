import { ALGORITHMS, type Algorithm, createHasher } from '@millrace/checksums'
import { openWorkerLanes } from '@millrace/worker-lanes'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { bytesOf } from './fixtures.ts'

const lanes = openWorkerLanes({
  scheme: { k: 2, m: 1 },
  unit: 4096,
  threads: 1,
  hashThreads: 2,
  slots: 3,
})
afterAll(() => lanes.close())

describe('openHash()', () => {
  it('gives the digests of the bytes in order, whatever their pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom<Algorithm>(...ALGORITHMS), { minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 8192 }), { maxLength: 8 }),
        async (algorithms, lengths) => {
          const hash = lanes.openHash(algorithms)
          const expected = algorithms.map((algorithm) => createHasher(algorithm))
          const updates: Promise<void>[] = []
          for (const [nth, length] of lengths.entries()) {
            const lease = await lanes.pool.acquire()
            const bytes = bytesOf(length, nth + 1)
            lease.bytes.set(bytes, 64)
            for (const hasher of expected) hasher.update(bytes)
            updates.push(hash.update(lease.slot, length, 64).finally(() => lease.release()))
          }
          await Promise.all(updates)
          expect(await hash.digest()).toEqual(
            Object.fromEntries(expected.map((hasher) => [hasher.algorithm, hasher.digest()])),
          )
        },
      ),
      { numRuns: 25 },
    )
    expect(lanes.pool.available).toBe(3)
  })

  it('keeps several bodies apart', async () => {
    const lease = await lanes.pool.acquire()
    const { slot, bytes } = lease
    bytes.set(bytesOf(8192))
    const hashes = Array.from({ length: 5 }, () => lanes.openHash(['sha256']))
    for (let round = 0; round < 3; round++) {
      await Promise.all(hashes.map((hash, nth) => hash.update(slot, 100, nth * 1000)))
    }
    for (const [nth, hash] of hashes.entries()) {
      const expected = createHasher('sha256')
      for (let round = 0; round < 3; round++) {
        expected.update(bytesOf(8192).subarray(nth * 1000, nth * 1000 + 100))
      }
      expect((await hash.digest()).sha256).toEqual(expected.digest())
    }
    lease.release()
  })

  it('takes no thread for no algorithm', async () => {
    const before = lanes.counts.hops
    const hash = lanes.openHash([])
    const lease = await lanes.pool.acquire()
    const { slot } = lease
    await hash.update(slot, 10)
    lease.release()
    expect(await hash.digest()).toEqual({})
    await hash.close()
    expect(lanes.counts.hops).toBe(before)
  })

  it('refuses unknown algorithms, and steps after the end', async () => {
    const invalid = { code: 'ERR_WORKER_LANES_INVALID_ARGUMENT' }
    expect(() => lanes.openHash(['md6' as Algorithm])).toThrow(expect.objectContaining(invalid))
    expect(() => lanes.openHash('md5' as never)).toThrow(expect.objectContaining(invalid))
    const lease = await lanes.pool.acquire()
    const { slot } = lease
    const hash = lanes.openHash(['md5'])
    await hash.close()
    await hash.close()
    await expect(hash.update(slot, 1)).rejects.toMatchObject(invalid)
    await expect(hash.digest()).rejects.toMatchObject(invalid)
    lease.release()
  })
})
