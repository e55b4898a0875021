import { describe, expect, it } from 'vitest'
import { prefetch } from '@millrace/prefetch-pipe'
import { settle } from './gates.ts'

/** A clock and its timers, run by hand: nothing here waits for real time. */
function virtualTime() {
  const timers: { readonly at: number; readonly run: () => void }[] = []
  let now = 0
  return {
    now: () => now,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => timers.push({ at: now + ms, run: resolve })),
    async runUntil(done: () => boolean): Promise<void> {
      for (;;) {
        await settle()
        if (done()) return
        timers.sort((a, b) => a.at - b.at)
        const first = timers[0]
        if (first === undefined) throw new Error('Nothing left to happen')
        now = first.at
        while (timers[0]?.at === now) timers.shift()?.run()
      }
    },
  }
}

async function simulate(options: {
  readonly items: number
  readonly consume: number
  readonly latency: (inFlight: number) => number
  readonly depth?: number | 'adaptive'
  readonly budget?: number
}) {
  const clock = virtualTime()
  let inFlight = 0
  let finished = false
  const depths: number[] = []
  const stream = prefetch(Array.from({ length: options.items }), {
    now: clock.now,
    length: () => 10,
    depth: options.depth ?? 'adaptive',
    budget: options.budget ?? 1 << 20,
    fetch: async () => {
      inFlight++
      await clock.sleep(options.latency(inFlight))
      inFlight--
      return new Uint8Array(10)
    },
  })
  const run = (async () => {
    for await (const chunk of stream) {
      depths.push(stream.stats().depth)
      if (options.consume > 0 && chunk.length > 0) await clock.sleep(options.consume)
    }
    finished = true
  })()
  await clock.runUntil(() => finished)
  await run
  return { elapsed: clock.now(), depths, last: depths.at(-1) ?? 0, stats: stream.stats() }
}

describe('adaptive depth', () => {
  it('doubles each latency while a fast consumer waits', async () => {
    const { elapsed, depths } = await simulate({ items: 400, consume: 0, latency: () => 20 })
    expect(Math.max(...depths)).toBe(64)
    // One at a time would take 8000; four at a time 2000.
    expect(elapsed).toBeLessThan(300)
  }, 30_000)

  it('settles near latency over consumption, and the consumer hardly waits', async () => {
    const { elapsed, last } = await simulate({ items: 300, consume: 2, latency: () => 20 })
    expect(elapsed).toBeLessThan(300 * 2 + 60)
    expect(last).toBeGreaterThanOrEqual(8)
    expect(last).toBeLessThanOrEqual(24)
  }, 30_000)

  it('falls when depth is not needed', async () => {
    const { last } = await simulate({ items: 200, consume: 10, latency: () => 1 })
    expect(last).toBeLessThanOrEqual(2)
  }, 30_000)

  it('does not deepen a link that is busy: the latency of n is n times that of one', async () => {
    const { last } = await simulate({ items: 400, consume: 0, latency: (n) => 5 * n })
    expect(last).toBeLessThanOrEqual(16)
  }, 30_000)

  it('stays within the budget however long the latency', async () => {
    const { stats } = await simulate({ items: 200, consume: 0, latency: () => 50, budget: 100 })
    expect(stats.peakBuffered).toBeLessThanOrEqual(100)
  }, 30_000)
})
