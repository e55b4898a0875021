import { channel } from 'node:diagnostics_channel'

/** Published on by a pipe that has been blocked for longer than `STALL_AFTER`: see `PrefetchStall`. */
export const STALL_CHANNEL = 'millrace:prefetch-pipe:stall'
/** How long a pipe may be blocked before it says so, in milliseconds. */
export const STALL_AFTER: number = 1000

/** The message on `millrace:prefetch-pipe:stall`. */
export interface PrefetchStall {
  /** 'fetch': the consumer waits for bytes; 'consumer': fetches wait for room; 'close': fetches ignore their signal. */
  readonly waitingFor: 'fetch' | 'consumer' | 'close'
  /** Milliseconds blocked so far. */
  readonly blocked: number
  /** The pipe's counters. */
  readonly stats: unknown
}

const stalls = channel(STALL_CHANNEL)

/** Tells the subscribers, if there are any. */
export function publishStall(message: PrefetchStall): void {
  if (stalls.hasSubscribers) stalls.publish(message)
}

/** Watches one kind of blocking; costs nothing while nobody has subscribed. */
export interface StallWatch {
  begin(): void
  end(): void
}

/** Creates a watch that reports once per blocking. */
export function watchStall(waitingFor: 'fetch' | 'consumer', stats: () => unknown): StallWatch {
  let timer: NodeJS.Timeout | undefined
  return {
    begin() {
      if (timer !== undefined || !stalls.hasSubscribers) return
      timer = setTimeout(
        () => publishStall({ waitingFor, blocked: STALL_AFTER, stats: stats() }),
        STALL_AFTER,
      )
      timer.unref()
    },
    end() {
      if (timer === undefined) return
      clearTimeout(timer)
      timer = undefined
    },
  }
}
