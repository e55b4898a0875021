import { setMaxListeners } from 'node:events'
import type { Retrier } from '@millrace/object-store'
import type { ByteRange } from '@millrace/range-planner'
import { RangeEngineError } from './errors.ts'
import type { TransferParts } from './plan-parts.ts'
import type { Reporter } from './progress.ts'
import type { Session } from './session.ts'

/** Where the bytes of one part go, in the part's order. */
export interface PartWriter {
  /** Takes bytes; the promise, where there is one, is the backpressure. */
  write(chunk: Uint8Array, position: number): Promise<void> | undefined
  /** The part is complete; resolves when nothing of it is under way. */
  end(): Promise<void>
  /** The transfer failed; resolves when nothing is under way. Never rejects. */
  abandon(): Promise<void>
}

/** What {@link pumpParts} needs. */
export interface PumpOptions {
  readonly session: Session
  readonly plan: TransferParts
  readonly openPart: (part: ByteRange, index: number, signal: AbortSignal) => PartWriter
  readonly retrier: Retrier
  readonly reporter: Reporter
  readonly signal: AbortSignal | undefined
}

/**
 * Fetches parts in parallel, lowest first, each from the last byte received when it breaks off. The first failure stops
 * everything and is the one that comes out, after all that was started has ended.
 */
export async function pumpParts(options: PumpOptions): Promise<void> {
  const { plan, signal } = options
  signal?.throwIfAborted()
  const stop = new AbortController()
  // Each request under way listens, each twice perhaps: that many are no leak.
  setMaxListeners(4 * plan.concurrency + 4, stop.signal)
  // The first answer was opened before there was anything to stop it by.
  stop.signal.addEventListener(
    'abort',
    () => void options.session[Symbol.asyncDispose]().catch(() => {}),
    { once: true },
  )
  const onAbort = (): void => stop.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < plan.parts.length && !stop.signal.aborted) {
      const index = next++
      try {
        await fetchPart(options, index, stop.signal)
      } catch (error) {
        stop.abort(error)
      }
    }
  }
  try {
    const lanes = Math.min(plan.concurrency, plan.parts.length)
    await Promise.all(Array.from({ length: lanes }, lane))
    stop.signal.throwIfAborted()
  } finally {
    signal?.removeEventListener('abort', onAbort)
    await options.session[Symbol.asyncDispose]()
  }
}

async function fetchPart(options: PumpOptions, index: number, signal: AbortSignal): Promise<void> {
  const { session, plan, retrier, reporter } = options
  const part = plan.parts[index] as ByteRange
  const { key } = session.info
  const writer = options.openPart(part, index, signal)
  const budget = retrier.budget(signal)
  let position = part.start
  let fresh = index === 0
  try {
    while (position < part.end) {
      const before = position
      // A consumer that fails must not look like a fetch that failed: it is never a reason to fetch again.
      let sinkFailure: { readonly error: unknown } | undefined
      try {
        const result = fresh
          ? session.first
          : await session.open({ start: position, end: part.end }, signal)
        fresh = false
        for await (const chunk of result.body) {
          const length = Math.min(chunk.byteLength, part.end - position)
          try {
            await writer.write(
              length === chunk.byteLength ? chunk : chunk.subarray(0, length),
              position,
            )
          } catch (error) {
            sinkFailure = { error }
            throw error
          }
          signal.throwIfAborted()
          position += length
          reporter.add(length)
          if (position === part.end) break
        }
      } catch (error) {
        fresh = false
        signal.throwIfAborted()
        if (sinkFailure !== undefined) throw error
        if (!session.ranged && position > 0) throw broken(key, error)
        if (position > before) budget.progress()
        await budget.failed(error)
        reporter.event({ type: 'retry', key, position, error })
        continue
      }
      if (position === before) throw broken(key, undefined)
    }
    await writer.end()
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

function broken(key: string, cause: unknown): RangeEngineError {
  return new RangeEngineError(
    'ERR_RANGE_ENGINE_BROKEN',
    `Transfer broke off and cannot be taken up in the middle: ${key}`,
    { cause, retryable: true },
  )
}
