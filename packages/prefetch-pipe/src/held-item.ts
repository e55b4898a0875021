import type { ByteBudget } from './byte-budget.ts'
import type { Locations } from './options.ts'

/** One item from the moment it is started until its last byte is consumed. */
export interface HeldItem<Item> {
  readonly item: Item
  readonly index: number
  readonly length: number | undefined
  locations: Locations | undefined
  /** Chunks fetched and not consumed, from `first` on. */
  chunks: Uint8Array[]
  first: number
  buffered: number
  /** Bytes of the budget that this item holds: what it has buffered, and room to go on. */
  granted: number
  fetched: number
  consumed: number
  startedAt: number
  state: 'fetching' | 'fetched' | 'failed'
  error: unknown
  /** Set while the fetch waits for room. */
  proceed: (() => void) | undefined
  /** Withdraws a request for more room. */
  withdraw: (() => void) | undefined
  /** Closes the body being read, without waiting for it. */
  closeBody: (() => void) | undefined
}

/** Begins an item with `granted` bytes of the budget. */
export function holdItem<Item>(
  item: Item,
  index: number,
  length: number | undefined,
  granted: number,
  locations: Locations | undefined,
): HeldItem<Item> {
  return {
    item,
    index,
    length,
    locations,
    chunks: [],
    first: 0,
    buffered: 0,
    granted,
    fetched: 0,
    consumed: 0,
    startedAt: 0,
    state: 'fetching',
    error: undefined,
    proceed: undefined,
    withdraw: undefined,
    closeBody: undefined,
  }
}

/** Adds a chunk that has arrived; it is held whether or not there was room for all of it. */
export function putChunk(held: HeldItem<unknown>, chunk: Uint8Array, budget: ByteBudget): void {
  held.chunks.push(chunk)
  held.fetched += chunk.length
  held.buffered += chunk.length
  if (held.buffered > held.granted) {
    budget.force(held.buffered - held.granted)
    held.granted = held.buffered
  }
}

/** Takes the oldest chunk. Its bytes go back to the budget with `giveBack`. */
export function takeChunk(held: HeldItem<unknown>): Uint8Array | undefined {
  const chunk = held.chunks[held.first]
  if (chunk === undefined) return undefined
  held.first++
  if (held.first === held.chunks.length) {
    held.chunks = []
    held.first = 0
  }
  held.buffered -= chunk.length
  held.consumed += chunk.length
  return chunk
}

/** Returns to the budget what this item can no longer need, and what it took beyond the limit. */
export function giveBack(held: HeldItem<unknown>, budget: ByteBudget): void {
  const idle = held.granted - held.buffered
  let spare = idle
  if (held.state === 'fetching') {
    const unneeded =
      held.length === undefined ? 0 : held.granted - Math.max(0, held.length - held.consumed)
    spare = Math.min(idle, Math.max(unneeded, budget.reserved - budget.limit))
  }
  if (spare <= 0) return
  held.granted -= spare
  budget.release(spare)
}

/** Whether the next chunk may be pulled: there is room for it, or the consumer waits for this very item. */
export function hasRoom(held: HeldItem<unknown>, isHead: boolean, budget: ByteBudget): boolean {
  if (isHead && held.buffered === 0) return true
  // With nothing in the budget a fetch may still be warmed up to its first chunk.
  if (budget.limit === 0) return held.fetched === 0
  if (held.buffered < held.granted) {
    if (budget.reserved <= budget.limit) return true
    return held.length !== undefined && held.granted >= held.length - held.consumed
  }
  // All that was announced has arrived: the next pull brings the end.
  return held.length !== undefined && held.fetched >= held.length
}

/** Drops all that is held; returns how many bytes were buffered. */
export function dropItem(held: HeldItem<unknown>, budget: ByteBudget): number {
  const dropped = held.buffered
  held.withdraw?.()
  held.withdraw = undefined
  held.chunks = []
  held.first = 0
  held.buffered = 0
  const { granted } = held
  held.granted = 0
  if (granted > 0) budget.release(granted)
  return dropped
}
