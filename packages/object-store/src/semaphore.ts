import { ObjectStoreError } from './errors.ts'

/** Permits, given out first come first served. */
export interface Semaphore {
  /** Waits for a permit; the function it gives returns it, once however often it is called. */
  acquire(signal: AbortSignal | undefined): Promise<() => void>
  /** Runs a task with a permit. */
  run<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T>
}

export function createSemaphore(permits: number, maxWaiting: number): Semaphore {
  let free = permits
  const waiting = new Set<() => void>()

  const permit = (): (() => void) => {
    let held = true
    return () => {
      if (!held) return
      held = false
      const next = waiting.values().next()
      if (next.done === true) {
        free++
      } else {
        waiting.delete(next.value)
        next.value()
      }
    }
  }

  const acquire = async (signal: AbortSignal | undefined): Promise<() => void> => {
    signal?.throwIfAborted()
    if (free > 0) {
      free--
      return permit()
    }
    if (waiting.size >= maxWaiting) {
      throw new ObjectStoreError('UNAVAILABLE', `Too many calls are waiting: ${maxWaiting}`)
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve(permit())
      }
      const onAbort = (): void => {
        waiting.delete(turn)
        reject(signal?.reason)
      }
      waiting.add(turn)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  return {
    acquire,
    async run(signal, task) {
      const release = await acquire(signal)
      try {
        return await task()
      } finally {
        release()
      }
    },
  }
}
