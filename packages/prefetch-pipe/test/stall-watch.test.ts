import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type PrefetchStall, prefetch, STALL_AFTER, STALL_CHANNEL } from '@millrace/prefetch-pipe'
import { gate } from './gates.ts'

const seen: PrefetchStall[] = []
const listen = (message: unknown): void => {
  seen.push(message as PrefetchStall)
}

describe('stall channel', () => {
  beforeEach(() => {
    seen.length = 0
    subscribe(STALL_CHANNEL, listen)
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
    unsubscribe(STALL_CHANNEL, listen)
  })

  it('tells once that the consumer has waited for a fetch', async () => {
    const late = gate()
    const stream = prefetch([1], {
      fetch: async () => {
        await late.opened
        return Uint8Array.of(1)
      },
    })
    const read = stream.next()
    await vi.advanceTimersByTimeAsync(STALL_AFTER - 1)
    expect(seen).toEqual([])
    await vi.advanceTimersByTimeAsync(5 * STALL_AFTER)
    expect(seen).toMatchObject([
      { waitingFor: 'fetch', blocked: STALL_AFTER, stats: { inFlight: 1 } },
    ])
    late.open()
    await read
    await stream.return()
  })

  it('tells that fetches have waited for the consumer', async () => {
    const stream = prefetch([1, 2, 3], {
      budget: 2,
      length: () => 1,
      fetch: async (item) => Uint8Array.of(item),
    })
    await stream.next()
    await vi.advanceTimersByTimeAsync(2 * STALL_AFTER)
    expect(seen).toEqual([])
    await stream.return()

    const full = prefetch([1, 2, 3, 4], {
      budget: 2,
      length: () => 1,
      fetch: async (item) => Uint8Array.of(item),
    })
    await full.next()
    await vi.advanceTimersByTimeAsync(2 * STALL_AFTER)
    expect(seen).toMatchObject([{ waitingFor: 'consumer' }])
    await full.return()
  })

  it('leaves no timer behind', async () => {
    const stream = prefetch([1], { fetch: () => new Promise<never>(() => {}), closeTimeout: 0 })
    const read = stream.next()
    const end = stream.return()
    await vi.advanceTimersByTimeAsync(1)
    await end
    await read
    expect(vi.getTimerCount()).toBe(0)
  })
})
