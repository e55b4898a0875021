import type { ByteBudget } from './byte-budget.ts'
import { type HeldItem, giveBack, takeChunk } from './held-item.ts'

/** A chunk on its way to the consumer, with where it belongs. */
export interface TakenChunk<Item> {
  readonly held: HeldItem<Item>
  readonly chunk: Uint8Array
  /** Of the chunk's first byte, within the item. */
  readonly offset: number
}

/** What the consumer gets next. */
export type Taken<Item> = TakenChunk<Item> | { readonly failure: unknown } | 'wait' | 'empty'

/** The items started and not consumed, oldest first, and the order in which their chunks leave. */
export interface ReadyQueue<Item> {
  /** Started items, oldest first. */
  readonly items: readonly HeldItem<Item>[]
  add(held: HeldItem<Item>): void
  /** A chunk of this item has come. */
  arrived(held: HeldItem<Item>): void
  /** This item's fetch is over. */
  finished(held: HeldItem<Item>): void
  take(): Taken<Item>
  clear(): void
}

function takeFrom<Item>(held: HeldItem<Item>, budget: ByteBudget): TakenChunk<Item> | undefined {
  const offset = held.consumed
  const chunk = takeChunk(held)
  if (chunk === undefined) return undefined
  giveBack(held, budget)
  return { held, chunk, offset }
}

/** Chunks leave in item order; an item's failure comes after all bytes before it. */
export function orderedQueue<Item>(budget: ByteBudget): ReadyQueue<Item> {
  const items: HeldItem<Item>[] = []
  // At once, so that the next item is the head before the consumer asks for it.
  const dropSpent = (): void => {
    while (items[0]?.state === 'fetched' && items[0].buffered === 0) items.shift()
  }
  return {
    items,
    add(held) {
      items.push(held)
    },
    arrived() {},
    finished: dropSpent,
    take() {
      const head = items[0]
      if (head === undefined) return 'empty'
      const taken = takeFrom(head, budget)
      if (taken === undefined) return head.state === 'failed' ? { failure: head.error } : 'wait'
      dropSpent()
      return taken
    },
    clear() {
      items.length = 0
    },
  }
}

/** Chunks leave as they come; a failure comes at once. */
export function unorderedQueue<Item>(budget: ByteBudget): ReadyQueue<Item> {
  const items: HeldItem<Item>[] = []
  let ready: HeldItem<Item>[] = []
  let first = 0
  let failed: HeldItem<Item> | undefined
  const drop = (held: HeldItem<Item>): void => {
    if (held.state === 'fetched' && held.buffered === 0) items.splice(items.indexOf(held), 1)
  }
  return {
    items,
    add(held) {
      items.push(held)
    },
    arrived(held) {
      ready.push(held)
    },
    finished(held) {
      if (held.state === 'failed') failed ??= held
      else drop(held)
    },
    take() {
      if (failed !== undefined) return { failure: failed.error }
      const held = ready[first]
      if (held === undefined) return items.length === 0 ? 'empty' : 'wait'
      first++
      if (first === ready.length) {
        ready = []
        first = 0
      }
      const taken = takeFrom(held, budget)
      drop(held)
      return taken ?? 'wait'
    },
    clear() {
      items.length = 0
      ready = []
      first = 0
    },
  }
}
