import { execFile } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { promisify } from 'node:util'
import { type Lease, createBufferPool } from '@millrace/pooled-buffers'
import {
  type EncodeJob,
  openWorkerLanes,
  slotSizeFor,
  type WorkerLanes,
} from '@millrace/worker-lanes'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { watchWorkers } from './fixtures.ts'

const scheme = { k: 4, m: 2 }
/** Some milliseconds of work, so that there is a middle to be killed in. */
const UNIT = 4 * 1024 * 1024
const watch = watchWorkers()
const open: WorkerLanes[] = []

afterEach(async () => {
  for (const lanes of open.splice(0)) await lanes.close()
  watch.workers.length = 0
})

function lanesOf(options: Partial<Parameters<typeof openWorkerLanes>[0]> = {}): WorkerLanes {
  const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 1, slots: 2, ...options })
  open.push(lanes)
  return lanes
}

function jobOn(lease: Lease, shardLength = UNIT): EncodeJob {
  return { slot: lease.slot, scheme, unit: UNIT, shardLength, stripe: 0 }
}

describe('openWorkerLanes()', () => {
  it('makes a pool whose slots hold a stripe of the scheme', async () => {
    const lanes = lanesOf({ unit: 5000, slots: 3 })
    expect(lanes.pool.slotCount).toBe(3)
    expect(lanes.pool.slotSize).toBeGreaterThanOrEqual(slotSizeFor({ scheme, unit: 5000 }))
  })

  it.each([
    [{}, 'TypeError', 'ERR_WORKER_LANES_INVALID_ARGUMENT'],
    [{ scheme, threads: 0 }, 'RangeError', 'ERR_WORKER_LANES_INVALID_ARGUMENT'],
    [{ scheme, maxQueue: -1 }, 'RangeError', 'ERR_WORKER_LANES_INVALID_ARGUMENT'],
    [{ scheme: { k: 0, m: 1 } }, 'RangeError', 'ERR_EC_INVALID_SCHEME'],
    [
      { pool: createBufferPool({ slotSize: 4096, slots: 1, reserve: 4096 }) },
      'RangeError',
      'ERR_WORKER_LANES_INVALID_ARGUMENT',
    ],
  ])('refuses %o at the call', (options, name, code) => {
    expect(() => openWorkerLanes(options)).toThrow(expect.objectContaining({ name, code }))
  })

  it('does not keep the process alive while its threads are idle', {
    timeout: 60_000,
  }, async () => {
    const script = `
      import { openWorkerLanes } from '@millrace/worker-lanes'
      const lanes = openWorkerLanes({ scheme: { k: 2, m: 1 }, unit: 4096, threads: 2 })
      const { slot } = await lanes.pool.acquire()
      await lanes.encodeStripe({ slot, scheme: { k: 2, m: 1 }, unit: 4096, shardLength: 4096, stripe: 0 })
      const hash = lanes.openHash(['md5'])
      await hash.update(slot, 10)
      console.log(Object.keys(await hash.digest()).join())`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
    })
    expect((await run).stdout).toBe('md5\n')
  })
})

describe('a worker that is killed', () => {
  it('fails its job, is replaced, and loses no lease', { timeout: 60_000 }, async () => {
    const lanes = lanesOf()
    const lease = await lanes.pool.acquire()
    // More deaths than there are parts of the reserved region: those of the dead must be found again.
    for (let death = 0; death < 4; death++) {
      await lanes.encodeStripe(jobOn(lease, 4096))
      const job = lanes.encodeStripe(jobOn(lease))
      const outcome = expect(job).rejects.toMatchObject({
        code: 'ERR_WORKER_LANES_WORKER_LOST',
        retryable: true,
      })
      await vi.waitFor(() => expect(lanes.running).toBe(1))
      await watch.workers.at(-1)?.terminate()
      await outcome
      lease.bytes[0] = death
    }
    await lanes.encodeStripe(jobOn(lease, 4096))
    expect(watch.workers).toHaveLength(5)
    lease.release()
    expect(lanes.pool.available).toBe(2)
  })

  it('fails the hash whose state it held, and no other', { timeout: 60_000 }, async () => {
    const lanes = lanesOf()
    const lease = await lanes.pool.acquire()
    const { slot } = lease
    const hash = lanes.openHash(['md5'])
    await hash.update(slot, 100)
    await watch.workers.at(-1)?.terminate()
    await expect(hash.update(slot, 100)).rejects.toMatchObject({
      code: expect.stringMatching(/WORKER_LOST|JOB_FAILED/),
    })
    await hash.close()
    const next = lanes.openHash(['md5'])
    await next.update(slot, 100)
    expect((await next.digest()).md5).toHaveLength(16)
    lease.release()
  })
})

describe('abort', () => {
  it('rejects before a job is sent when the signal is aborted already', async () => {
    const lanes = lanesOf()
    const lease = await lanes.pool.acquire()
    const reason = new Error('Before')
    const signal = AbortSignal.abort(reason)
    await expect(lanes.encodeStripe(jobOn(lease), { signal })).rejects.toBe(reason)
    expect(lanes.counts.hops).toBe(0)
    lease.release()
  })

  it('drops 100 queued jobs, awaits those that run, and kills no thread', {
    timeout: 60_000,
  }, async () => {
    const lanes = lanesOf()
    const lease = await lanes.pool.acquire()
    const controller = new AbortController()
    const { signal } = controller
    const jobs = Array.from({ length: 104 }, () =>
      lanes.encodeStripe(jobOn(lease, 4096 * 16), { signal }),
    )
    const settled = Promise.allSettled(jobs)
    await vi.waitFor(() => expect(lanes.queued).toBeGreaterThanOrEqual(100))
    const reason = new Error('Enough')
    controller.abort(reason)
    expect(lanes.queued).toBe(0)
    const outcomes = await settled
    const rejected = outcomes.filter(
      (outcome) => outcome.status === 'rejected' && outcome.reason === reason,
    )
    expect(rejected.length).toBeGreaterThanOrEqual(100)
    expect(lanes.running).toBe(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await lanes.encodeStripe(jobOn(lease, 4096))
    expect(watch.workers).toHaveLength(1)
    lease.release()
  })
})

describe('the queue', () => {
  it('refuses more jobs than it is bounded to', async () => {
    const lanes = lanesOf({ maxQueue: 3 })
    const lease = await lanes.pool.acquire()
    const jobs = Array.from({ length: 5 }, () => lanes.encodeStripe(jobOn(lease, 4096)))
    await expect(lanes.encodeStripe(jobOn(lease, 4096))).rejects.toMatchObject({
      code: 'ERR_WORKER_LANES_QUEUE_FULL',
      retryable: true,
    })
    await Promise.all(jobs)
    await lanes.encodeStripe(jobOn(lease, 4096))
    lease.release()
  })

  it('refuses stripes that do not fit their slot', async () => {
    const lanes = lanesOf()
    const lease = await lanes.pool.acquire()
    for (const shardLength of [0, 1.5, UNIT * 2]) {
      expect(() => lanes.encodeStripe(jobOn(lease, shardLength))).toThrow(
        expect.objectContaining({ code: 'ERR_WORKER_LANES_INVALID_ARGUMENT' }),
      )
    }
    lease.release()
  })
})

describe('close()', () => {
  it('awaits what is in flight and queued, then refuses', async () => {
    const lanes = lanesOf()
    const lease = await lanes.pool.acquire()
    const jobs = Array.from({ length: 6 }, () => lanes.encodeStripe(jobOn(lease, 65_536)))
    const closing = lanes.close()
    await expect(lanes.encodeStripe(jobOn(lease))).rejects.toMatchObject({
      code: 'ERR_WORKER_LANES_CLOSED',
    })
    await closing
    expect(await Promise.all(jobs)).toHaveLength(6)
    expect(() => lanes.openHash(['md5'])).toThrow(
      expect.objectContaining({ code: 'ERR_WORKER_LANES_CLOSED' }),
    )
    await lanes[Symbol.asyncDispose]()
    lease.release()
  })
})
