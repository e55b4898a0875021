import type { RateGuard, Transfer } from './rate-guard.ts'

/** How often transfers are looked at, in milliseconds. */
export const PRESSURE_TICK_MS = 1000

/** Bytes a second below which a client is slow while others wait for memory. */
export const PRESSURE_BYTES_PER_SECOND: number = 256 * 1024

interface Watched {
  readonly end: () => void
  /** Bytes at the last tick. */
  seen: number
}

/**
 * A guard that asks more of clients while others wait for memory. A client that does not read, or sends a byte now and
 * then, holds slots that everybody shares: enough of them, and nobody is served. So whenever somebody has waited for a
 * whole tick, as many of the slowest transfers end as there are waiting.
 *
 * @param guard - what watches them at all times
 * @param pressure - how many wait for memory now; undefined where memory is not shared
 */
export function withPressure(
  guard: RateGuard,
  pressure: (() => number) | undefined,
  tickMs: number = PRESSURE_TICK_MS,
): RateGuard {
  if (pressure === undefined) return guard
  const watched = new Map<Transfer, Watched>()
  const slow = (PRESSURE_BYTES_PER_SECOND * tickMs) / 1000
  let timer: NodeJS.Timeout | undefined
  let pressed = false

  const tick = (): void => {
    const waiting = pressure()
    const slowest: { readonly end: () => void; readonly rate: number }[] = []
    for (const [transfer, one] of watched) {
      const rate = transfer.bytes - one.seen
      one.seen = transfer.bytes
      if (transfer.waiting && rate < slow) slowest.push({ end: one.end, rate })
    }
    if (waiting > 0 && pressed) {
      slowest.sort((a, b) => a.rate - b.rate)
      for (const { end } of slowest.slice(0, waiting)) end()
    }
    pressed = waiting > 0
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
    pressed = false
  }

  return {
    watch(onSlow) {
      const transfer = guard.watch(onSlow)
      watched.set(transfer, { end: onSlow, seen: transfer.bytes })
      timer ??= setInterval(tick, tickMs).unref()
      return transfer
    },
    release(transfer) {
      watched.delete(transfer)
      guard.release(transfer)
    },
  }
}
