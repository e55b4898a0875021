/** Mutual exclusion by name: work under one name runs in turn, under different names at once. */
export interface NamedLocks {
  run<T>(name: string, work: () => Promise<T>): Promise<T>
}

export function createNamedLocks(): NamedLocks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async run(name, work) {
      const before = tails.get(name) ?? Promise.resolve()
      const mine = before.then(work, work)
      tails.set(name, mine)
      try {
        return await mine
      } finally {
        if (tails.get(name) === mine) tails.delete(name)
      }
    },
  }
}

/** Many sharers of a name at once, or one alone. */
export interface SharedLocks {
  shared<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Waits for the sharers that are inside; later ones wait for it. */
  exclusive<T>(name: string, work: () => Promise<T>): Promise<T>
}

export function createSharedLocks(): SharedLocks {
  const inside = new Map<string, Set<Promise<unknown>>>()
  const closed = new Map<string, Promise<unknown>>()
  return {
    // Nothing may come between the look at the door and the way through it: no function of its own, which would end a
    // tick later.
    async shared(name, work) {
      while (closed.has(name)) await closed.get(name)?.catch(() => undefined)
      const sharers = inside.get(name) ?? new Set()
      inside.set(name, sharers)
      const mine = work()
      sharers.add(mine)
      try {
        return await mine
      } finally {
        sharers.delete(mine)
        if (sharers.size === 0) inside.delete(name)
      }
    },
    async exclusive(name, work) {
      while (closed.has(name)) await closed.get(name)?.catch(() => undefined)
      const sharers = inside.get(name) ?? new Set<Promise<unknown>>()
      const mine = Promise.allSettled(sharers).then(work)
      closed.set(name, mine)
      try {
        return await mine
      } finally {
        closed.delete(name)
      }
    },
  }
}

/** Keeps what is being read from being collected: an action on an id waits until its last reader has gone. */
export interface ReadPins {
  /** Returns the function that unpins; calling it again does nothing. */
  pin(id: string): () => void
  /** Runs the action now, or when the last pin on the id has gone. */
  whenFree(id: string, action: () => void): void
}

export function createReadPins(): ReadPins {
  const pins = new Map<string, { count: number; actions: (() => void)[] }>()
  return {
    pin(id) {
      const entry = pins.get(id) ?? { count: 0, actions: [] }
      entry.count++
      pins.set(id, entry)
      let pinned = true
      return () => {
        if (!pinned) return
        pinned = false
        if (--entry.count > 0) return
        pins.delete(id)
        for (const action of entry.actions) action()
      }
    },
    whenFree(id, action) {
      const entry = pins.get(id)
      if (entry === undefined) action()
      else entry.actions.push(action)
    },
  }
}
