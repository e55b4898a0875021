import { setMaxListeners } from 'node:events'
import { adaptiveDepth, fixedDepth } from './adaptive-depth.ts'
import { withCode } from './errors.ts'
import { fetchItem } from './fetch-item.ts'
import { type HeldItem, dropItem, giveBack, hasRoom, holdItem, putChunk } from './held-item.ts'
import type { ItemSource } from './item-source.ts'
import { type Locations, type Settings, UNKNOWN_LENGTH_WINDOW } from './options.ts'
import type { ReadyQueue } from './ready-queue.ts'
import { publishStall, watchStall } from './stall-watch.ts'

/** A pipe's counters. All but the totals return to zero when it has ended. */
export interface PrefetchStats {
  /** Fetches started and not finished. */
  readonly inFlight: number
  /** Items started and not wholly consumed. */
  readonly queued: number
  /** Bytes fetched and not consumed. */
  readonly bufferedBytes: number
  /** Most bytes ever buffered at once. */
  readonly peakBuffered: number
  /** Bytes of the budget that this pipe holds. */
  readonly reservedBytes: number
  /** Fetches that may be in flight now. */
  readonly depth: number
  /** Items started, in total. */
  readonly started: number
  /** Attempts beyond an item's first, in total. */
  readonly refetched: number
}

/** The part of a pipe that fetches; the part that is read is in reader.ts. */
export interface Pipe {
  /** Starts what may be started. */
  pump(): void
  /** The consumer has taken a chunk of this item. */
  consumed(held: HeldItem<unknown>, bytes: number): void
  /** The consumer waits, or no longer does. */
  waiting(begun: boolean): void
  /** Whether there is nothing more to start. */
  exhausted(): boolean
  /** Stops everything; returns once every fetch has stopped. */
  close(reason: unknown): Promise<void>
  stats(): PrefetchStats
}

/** What waits at the door: the next item, and its claim on the budget. */
interface Candidate {
  granted: number | undefined
  withdraw: (() => void) | undefined
}

function checkedLength(length: number | undefined, index: number): number | undefined {
  if (length === undefined || (Number.isSafeInteger(length) && length >= 0)) return length
  throw withCode(
    new RangeError(`Length of item ${index} must be a whole number of 0 or more: ${length}`),
    'ERR_PREFETCH_BAD_LENGTH',
  )
}

/** Creates the fetching part. `changed` is called whenever a reader that waits should look again. */
export function createPipe<Item>(
  source: ItemSource<Item>,
  settings: Settings<Item>,
  queue: ReadyQueue<Item>,
  located: readonly Locations[] | undefined,
  changed: () => void,
): Pipe {
  const { budget, now, length: lengthOf } = settings
  const { items } = queue
  const control =
    settings.depth === 'adaptive'
      ? adaptiveDepth(settings.minDepth, settings.maxDepth, settings.initialDepth)
      : fixedDepth(settings.depth)
  const controller = new AbortController()
  const { signal } = controller
  // Each fetch in flight may listen.
  setMaxListeners(0, signal)
  const running = new Set<Promise<void>>()
  let candidate: Candidate | undefined
  let pumping = false
  let stopped = false
  let buffered = 0
  let peakBuffered = 0
  let started = 0
  let refetched = 0

  const stats = (): PrefetchStats => ({
    inFlight: running.size,
    queued: items.length,
    bufferedBytes: buffered,
    peakBuffered,
    reservedBytes: items.reduce((sum, held) => sum + held.granted, candidate?.granted ?? 0),
    depth: control.depth,
    started,
    refetched,
  })
  const starved = watchStall('fetch', stats)
  const blocked = watchStall('consumer', stats)

  async function waitForRoom(held: HeldItem<unknown>): Promise<void> {
    const since = now()
    while (!signal.aborted && !hasRoom(held, held === items[0], budget)) {
      blocked.begin()
      const left = (held.length ?? Number.POSITIVE_INFINITY) - held.consumed - held.granted
      const step = Math.min(UNKNOWN_LENGTH_WINDOW, budget.limit, left)
      if (step > 0 && budget.tryReserve(step)) {
        held.granted += step
        continue
      }
      await new Promise<void>((resolve) => {
        held.proceed = resolve
        if (step <= 0) return
        held.withdraw = budget.request(step, () => {
          held.withdraw = undefined
          held.granted += step
          resolve()
        })
      })
      held.proceed = undefined
      held.withdraw?.()
      held.withdraw = undefined
    }
    // Time spent blocked says nothing about latency.
    held.startedAt += now() - since
  }

  const host = {
    signal,
    arrived(held: HeldItem<unknown>, chunk: Uint8Array): void {
      putChunk(held, chunk, budget)
      buffered += chunk.length
      if (buffered > peakBuffered) peakBuffered = buffered
      queue.arrived(held as HeldItem<Item>)
      changed()
    },
    room(held: HeldItem<unknown>): Promise<void> | undefined {
      return hasRoom(held, held === items[0], budget) ? undefined : waitForRoom(held)
    },
    refetching(): void {
      refetched++
    },
  }

  function start(held: HeldItem<Item>): void {
    started++
    held.startedAt = now()
    queue.add(held)
    const over = (): void => {
      running.delete(run)
      if (signal.aborted) return
      if (held.state === 'failed') stopped = true
      giveBack(held, budget)
      queue.finished(held)
      advanced()
      changed()
    }
    const run: Promise<void> = fetchItem(held, settings, host).then(
      () => {
        held.state = 'fetched'
        control.fetched(held.fetched, held.startedAt, now())
        over()
      },
      (error: unknown) => {
        held.state = 'failed'
        held.error = error
        over()
      },
    )
    running.add(run)
  }

  /** Bytes of the budget for an item about to start, or undefined while it must wait. */
  function claim(wanted: number): number | undefined {
    candidate ??= { granted: undefined, withdraw: undefined }
    const mine = candidate
    if (mine.granted !== undefined) return mine.granted
    // The consumer waits for the head: it starts with whatever there is.
    if (items.length === 0) {
      mine.withdraw?.()
      return budget.take(wanted)
    }
    if (mine.withdraw === undefined && budget.tryReserve(wanted)) return wanted
    blocked.begin()
    if (mine.withdraw !== undefined) return undefined
    mine.withdraw = budget.request(wanted, () => {
      mine.granted = wanted
      mine.withdraw = undefined
      pump()
    })
    return undefined
  }

  function refuse(item: Item, error: unknown): void {
    const refused = holdItem(item, started, undefined, 0, undefined)
    refused.state = 'failed'
    refused.error = error
    stopped = true
    queue.add(refused)
    queue.finished(refused)
  }

  function startNext(): boolean {
    if (stopped || signal.aborted || items.length >= settings.maxQueued) return false
    if (running.size >= control.depth) {
      control.depthReached()
      return false
    }
    const next = source.peek()
    if (next === undefined || next === false) return false
    let length: number | undefined
    try {
      length = checkedLength(lengthOf(next.item), started)
    } catch (error) {
      refuse(next.item, error)
      return false
    }
    const granted = claim(Math.min(length ?? UNKNOWN_LENGTH_WINDOW, budget.limit))
    if (granted === undefined) return false
    candidate = undefined
    source.take()
    start(holdItem(next.item, started, length, granted, located?.[started]))
    return true
  }

  function pump(): void {
    if (pumping) return
    pumping = true
    while (startNext());
    pumping = false
  }

  /** The oldest item may be another one now: the consumer waits for it, so it must be able to go on. */
  function advanced(): void {
    items[0]?.proceed?.()
    pump()
  }

  async function allStopped(): Promise<void> {
    if (running.size === 0 && source.ended) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        publishStall({ waitingFor: 'close', blocked: settings.closeTimeout, stats: stats() })
        resolve()
      }, settings.closeTimeout)
    })
    await Promise.race([Promise.allSettled([...running, source.close()]), late])
    clearTimeout(timer)
  }

  return {
    pump,
    consumed(held, bytes) {
      buffered -= bytes
      control.consumed(bytes)
      held.proceed?.()
      blocked.end()
      advanced()
    },
    waiting(begun) {
      if (begun) {
        control.waitBegan(now())
        starved.begin()
      } else {
        control.waitEnded(now())
        starved.end()
      }
    },
    exhausted: () => stopped || source.peek() === false,
    async close(reason) {
      starved.end()
      blocked.end()
      stopped = true
      if (running.size > 0) controller.abort(reason)
      candidate?.withdraw?.()
      if (candidate?.granted !== undefined) budget.release(candidate.granted)
      candidate = undefined
      const left = [...items]
      queue.clear()
      for (const held of left) {
        buffered -= dropItem(held, budget)
        held.closeBody?.()
        held.proceed?.()
      }
      await allStopped()
    },
    stats,
  }
}
