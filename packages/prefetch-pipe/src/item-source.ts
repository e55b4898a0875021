/** The work items, pulled one at a time; synchronous sources without a turn of the event loop. */
export interface ItemSource<Item> {
  /** The next item if it is known, and false once there is none; else undefined, and `onItem` is called later. */
  peek(): { readonly item: Item } | false | undefined
  /** Removes the item that `peek` gave. */
  take(): void
  /** Whether the source has given its last item, or was closed. */
  readonly ended: boolean
  /** What the source threw, once `peek` gives false. */
  readonly failure: { readonly error: unknown } | undefined
  /** Ends the source; returns when it has let go. */
  close(): Promise<void>
}

/** Opens the items. `onItem` is called whenever an asynchronous source has brought an answer. */
export function openItems<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  onItem: () => void,
): ItemSource<Item> {
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  let known: { readonly item: Item } | false | undefined
  let pending: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  const accept = (step: IteratorResult<Item>): void => {
    known = step.done ? false : { item: step.value }
  }
  const fail = (error: unknown): void => {
    failure = { error }
    known = false
  }
  function pull(): void {
    try {
      const step = iterator.next()
      if (!('then' in step)) return accept(step)
      pending = step.then(accept, fail).then(() => {
        pending = undefined
        onItem()
      })
    } catch (error) {
      fail(error)
    }
  }
  return {
    peek() {
      if (known === undefined && pending === undefined) pull()
      return known
    },
    take() {
      known = undefined
    },
    get ended() {
      return known === false
    },
    get failure() {
      return failure
    },
    async close() {
      if (known === false) return
      known = false
      await iterator.return?.()
      await pending
    },
  }
}
