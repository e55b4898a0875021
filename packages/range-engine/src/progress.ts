import { channel } from 'node:diagnostics_channel'
import {
  PROGRESS_INTERVAL_MS,
  type TransferEvent,
  type TransferOptions,
} from './transfer-options.ts'

/** Where events of all transfers are published: `{ type, key, ... }`. */
export const EVENT_CHANNEL = 'millrace:range-engine'

const events = channel(EVENT_CHANNEL)

/** The rate is taken over this many milliseconds: long enough to be steady, short enough to notice a change. */
const WINDOW_MS = 5000

/** Tells the caller how far the transfer is and what happens. */
export interface Reporter {
  begin(size: number): void
  add(bytes: number): void
  end(): void
  event(event: TransferEvent): void
}

export function createReporter(options: TransferOptions): Reporter {
  const { onProgress, onEvent } = options
  let size = 0
  let bytes = 0
  let reported = 0
  let marks: { readonly at: number; readonly bytes: number }[] = []

  const report = (at: number): void => {
    reported = at
    marks = [...marks.filter((mark) => at - mark.at <= WINDOW_MS), { at, bytes }]
    const oldest = marks[0] as (typeof marks)[number]
    const seconds = (at - oldest.at) / 1000
    onProgress?.({ bytes, size, rate: seconds > 0 ? (bytes - oldest.bytes) / seconds : 0 })
  }

  return {
    begin(total) {
      size = total
      bytes = 0
      marks = []
      if (onProgress !== undefined) report(performance.now())
    },
    add(length) {
      bytes += length
      if (onProgress === undefined) return
      const at = performance.now()
      if (at - reported >= PROGRESS_INTERVAL_MS) report(at)
    },
    end() {
      if (onProgress !== undefined) report(performance.now())
    },
    event(event) {
      onEvent?.(event)
      if (events.hasSubscribers) events.publish(event)
    },
  }
}
