import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scheme } from '@millrace/ec-codec'
import {
  type DecodeJob,
  openWorkerLanes,
  type ShardState,
  stripeViews,
  type WorkerLanes,
} from '@millrace/worker-lanes'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, placeStripe, stripeOf } from './fixtures.ts'

const UNIT = 4096
const scheme: Scheme = { k: 4, m: 2 }
let lanes: WorkerLanes
let folder: string

beforeAll(async () => {
  lanes = openWorkerLanes({ scheme: { k: 6, m: 3 }, unit: UNIT, threads: 2 })
  folder = await mkdtemp(join(tmpdir(), 'lanes-'))
})
afterAll(async () => {
  expect(lanes.pool.available).toBe(lanes.pool.slotCount)
  await lanes.close()
  await rm(folder, { recursive: true })
})

async function encode(data: Uint8Array, of: Scheme) {
  const lease = await lanes.pool.acquire()
  const shardLength = Math.ceil(data.length / of.k)
  lease.bytes.fill(0xaa)
  lease.bytes.set(data)
  lease.bytes.fill(0, data.length, shardLength * of.k)
  const job = { slot: lease.slot, scheme: of, unit: UNIT, shardLength, stripe: 0 }
  expect(await lanes.encodeStripe(job)).toEqual({ failures: undefined })
  const { shards, checksums } = stripeViews(lease, of, shardLength)
  const copy = {
    shardLength,
    shards: shards.map((bytes) => Uint8Array.from(bytes)),
    checksums: checksums.map((bytes) => Uint8Array.from(bytes)),
  }
  lease.release()
  return copy
}

describe('encodeStripe()', () => {
  it('gives the parity and checksums of the codec, for any scheme and length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Scheme>({ k: 1, m: 0 }, { k: 1, m: 1 }, { k: 3, m: 1 }, scheme, {
          k: 6,
          m: 3,
        }),
        fc.integer({ min: 1, max: UNIT }),
        async (of, length) => {
          const data = bytesOf(length * of.k - (length > 1 ? of.k - 1 : 0), length)
          expect(await encode(data, of)).toEqual(stripeOf(data, of))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('writes shards to their files in the same hop, each at its stripe', async () => {
    const handles = await Promise.all(
      Array.from({ length: 6 }, (_, shard) => open(join(folder, `encode.${shard}`), 'w+')),
    )
    const files = handles.map(({ fd }, shard) => ({ fd, dataPosition: shard * 100 }))
    const data = bytesOf(4 * UNIT, 7)
    const before = lanes.counts.hops
    const lease = await lanes.pool.acquire()
    lease.bytes.set(data)
    const job = { slot: lease.slot, scheme, unit: UNIT, shardLength: UNIT, stripe: 2, files }
    expect(await lanes.encodeStripe(job)).toEqual({ failures: undefined })
    lease.release()
    expect(lanes.counts.hops - before).toBe(1)
    const { shards } = stripeOf(data, scheme)
    for (const [shard, handle] of handles.entries()) {
      const content = await readFile(join(folder, `encode.${shard}`))
      expect(content.length).toBe(shard * 100 + 3 * UNIT)
      expect(content.subarray(-UNIT).equals(shards[shard] as Uint8Array)).toBe(true)
      await handle.close()
    }
  })

  it('reports a file that cannot be written by the name of its error, and encodes all the same', async () => {
    const readOnly = await open(process.execPath, 'r')
    const good = await open(join(folder, 'good'), 'w')
    const lease = await lanes.pool.acquire()
    lease.bytes.set(bytesOf(4 * UNIT))
    const files = [{ fd: good.fd }, { fd: readOnly.fd }, undefined, undefined, undefined, undefined]
    const job = { slot: lease.slot, scheme, unit: UNIT, shardLength: UNIT, stripe: 0, files }
    const { failures } = await lanes.encodeStripe(job)
    expect(failures).toEqual([undefined, 'EBADF', undefined, undefined, undefined, undefined])
    lease.release()
    await readOnly.close()
    await good.close()
    expect(await readFile(join(folder, 'good'))).toHaveLength(UNIT)
  })
})

describe('decodeStripe() of shards placed in the slot', () => {
  it('rebuilds what is absent or wrong, or says that it cannot', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 * UNIT }),
        fc.array(fc.constantFrom('placed', 'absent', 'wrong'), { minLength: 6, maxLength: 6 }),
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
        fc.nat(),
        async (size, fates, a, b, fault) => {
          const data = bytesOf(size, size)
          const lease = await lanes.pool.acquire()
          const shardLength = placeStripe(lease, data, scheme)
          const expected = stripeOf(data, scheme)
          const { shards } = stripeViews(lease, scheme, shardLength)
          for (const [shard, fate] of fates.entries()) {
            const bytes = shards[shard] as Uint8Array
            if (fate === 'absent') bytes.fill(0xee)
            if (fate === 'wrong') (bytes[fault % bytes.length] as number) ^= 1 << (fault % 8)
          }
          const states = fates.map((fate): ShardState => (fate === 'absent' ? 'absent' : 'placed'))
          const [first, last] = [Math.min(a, b), Math.max(a, b)]
          const job: DecodeJob = {
            slot: lease.slot,
            scheme,
            unit: UNIT,
            shardLength,
            stripe: 0,
            first,
            last,
            states,
            files: [],
          }
          const { complete } = await lanes.decodeStripe(job)
          const good = fates.filter((fate) => fate === 'placed').length
          const healthy = fates.slice(first, last + 1).every((fate) => fate === 'placed')
          expect(complete).toBe(healthy || good >= 4)
          if (complete) {
            for (let shard = first; shard <= last; shard++) {
              expect(Uint8Array.from(shards[shard] as Uint8Array)).toEqual(expected.shards[shard])
            }
          }
          for (const [shard, state] of job.states.entries()) {
            if (state === 'good') expect(fates[shard]).toBe('placed')
            if (state === 'corrupt') expect(fates[shard]).toBe('wrong')
          }
          lease.release()
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('decodeStripe() of shards in files', () => {
  it('reads only what is wanted as long as that is right, and parity when it is not', async () => {
    const data = bytesOf(4 * UNIT, 3)
    const { shards, checksums } = stripeOf(data, scheme)
    const handles = await Promise.all(
      shards.map(async (bytes, shard) => {
        const handle = await open(join(folder, `decode.${shard}`), 'w+')
        await handle.write(bytes, 0, UNIT, 0)
        await handle.write(checksums[shard] as Uint8Array, 0, 32, UNIT)
        return handle
      }),
    )
    const files = handles.map(({ fd }) => ({ fd, dataPosition: 0, checksumPosition: UNIT }))
    const decode = async (first: number, last: number, suspects: readonly number[] = []) => {
      const lease = await lanes.pool.acquire()
      const states = files.map(
        (_, shard): ShardState => (suspects.includes(shard) ? 'suspect' : 'file'),
      )
      const job = {
        slot: lease.slot,
        scheme,
        unit: UNIT,
        shardLength: UNIT,
        stripe: 0,
        first,
        last,
      }
      const outcome = await lanes.decodeStripe({ ...job, states, files })
      const got = lease.bytes.slice(first * UNIT, (last + 1) * UNIT)
      lease.release()
      if (outcome.complete) expect(got).toEqual(data.slice(first * UNIT, (last + 1) * UNIT))
      return { ...outcome, states }
    }
    expect((await decode(1, 2)).states).toEqual(['file', 'good', 'good', 'file', 'file', 'file'])
    expect((await decode(1, 1, [1])).states).toEqual([
      'good',
      'suspect',
      'good',
      'good',
      'good',
      'file',
    ])
    await handles[1]?.write(Uint8Array.of(data[UNIT] === 0 ? 1 : 0), 0, 1, 0)
    await handles[3]?.truncate(UNIT + 31)
    const degraded = await decode(0, 3)
    expect(degraded).toMatchObject({ complete: true, verified: 4, failures: undefined })
    expect(degraded.states).toEqual(['good', 'corrupt', 'good', 'missing', 'good', 'good'])
    const writeOnly = await open(join(folder, 'decode.0'), 'a')
    files[0] = { fd: writeOnly.fd, dataPosition: 0, checksumPosition: UNIT }
    const lost = await decode(0, 3)
    expect(lost).toMatchObject({ complete: false, verified: 3 })
    expect(lost.failures?.[0]).toBe('EBADF')
    expect(lost.states[0]).toBe('error')
    await Promise.all([writeOnly, ...handles].map((handle) => handle.close()))
  })
})

describe('write() and read()', () => {
  it('move a slot to a place in a file and back', async () => {
    const handle = await open(join(folder, 'moved'), 'w+')
    const lease = await lanes.pool.acquire()
    const data = bytesOf(1000)
    lease.bytes.set(data, 50)
    const place = { fd: handle.fd, slot: lease.slot, position: 7777 }
    await lanes.write({ ...place, offset: 50, length: 1000 })
    lease.bytes.fill(0)
    expect(await lanes.read({ ...place, offset: 10, length: 2000 })).toBe(1000)
    expect(lease.bytes.slice(10, 1010)).toEqual(data)
    lease.release()
    await handle.close()
  })

  it('reject with the cause of the system', async () => {
    const handle = await open(process.execPath, 'r')
    const lease = await lanes.pool.acquire()
    const { slot } = lease
    await expect(
      lanes.write({ fd: handle.fd, slot, length: 1, position: 0 }),
    ).rejects.toMatchObject({
      code: 'ERR_WORKER_LANES_IO_FAILED',
      cause: { code: 'EBADF' },
    })
    lease.release()
    await handle.close()
  })

  it.each([{ offset: -1 }, { length: 2 ** 30 }, { position: 0.5 }])('refuse %o', async (wrong) => {
    const lease = await lanes.pool.acquire()
    const { slot } = lease
    await expect(
      lanes.read({ fd: 0, slot, length: 1, position: 0, ...wrong }),
    ).rejects.toMatchObject({ name: 'RangeError', code: 'ERR_WORKER_LANES_INVALID_ARGUMENT' })
    lease.release()
  })
})
