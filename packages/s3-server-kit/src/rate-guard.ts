/** Slowest transfer of a body that is put up with. */
export const MIN_BYTES_PER_SECOND = 1024

/** Over how long, in milliseconds, the rate of a transfer is taken. */
export const RATE_WINDOW_MS = 15_000

/** A body on its way, as the guard sees it. */
export interface Transfer {
  /** Bytes so far. */
  bytes: number
  /** True while it is the client that is waited for. */
  waiting: boolean
}

/** Ends transfers whose client is too slow. */
export interface RateGuard {
  /** Watches a transfer; `onSlow` is called once if it is too slow. */
  watch(onSlow: () => void): Transfer
  release(transfer: Transfer): void
}

interface Watched extends Transfer {
  readonly onSlow: () => void
  seen: number
  waited: boolean
}

/**
 * One timer for all transfers, running only while there are any. Slow is who was waited for at the beginning and at the end
 * of a window and gave or took less than the least in between; a slow store is not held against its client.
 */
export function createRateGuard(
  minBytesPerSecond: number = MIN_BYTES_PER_SECOND,
  windowMs: number = RATE_WINDOW_MS,
): RateGuard {
  const watched = new Set<Watched>()
  const least = (minBytesPerSecond * windowMs) / 1000
  let timer: NodeJS.Timeout | undefined

  const check = (): void => {
    for (const one of watched) {
      const slow = one.waited && one.waiting && one.bytes - one.seen < least
      one.seen = one.bytes
      one.waited = one.waiting
      if (!slow) continue
      watched.delete(one)
      one.onSlow()
    }
    if (watched.size > 0 || timer === undefined) return
    clearInterval(timer)
    timer = undefined
  }
  return {
    watch(onSlow) {
      const one: Watched = { bytes: 0, waiting: false, onSlow, seen: 0, waited: false }
      if (least > 0) {
        watched.add(one)
        timer ??= setInterval(check, windowMs).unref()
      }
      return one
    },
    release(transfer) {
      watched.delete(transfer as Watched)
    },
  }
}
