import { setMaxListeners } from 'node:events'
import type { Lease } from '@millrace/pooled-buffers'

/** @internal */
export interface ReadAheadOptions {
  /** Reads one stripe. */
  readonly read: (stripe: number, signal: AbortSignal) => Promise<Lease>
  readonly first: number
  /** The stripe after the last. */
  readonly end: number
  readonly depth: number
  /** Whether a stripe may be read before it is needed: not when others wait for slots. */
  readonly mayReadAhead: () => boolean
  readonly signal: AbortSignal | undefined
}

/**
 * @internal Stripes in order, up to `depth` of them under way. Whatever ends the iteration, every read that was started is
 * awaited and every lease that nobody took is released before it has ended.
 */
export function readAhead(options: ReadAheadOptions): AsyncGenerator<Lease, void, undefined> {
  const stopping = new AbortController()
  // A listener for each stripe that waits for a slot: as many as depth says, and that is no leak.
  setMaxListeners(0, stopping.signal)
  const leases = inOrder(options, stopping)
  const finish = leases.return.bind(leases)
  leases.return = (value) => {
    // A pull that waits for a stripe would otherwise have to end first.
    stopping.abort()
    return finish(value)
  }
  return leases
}

async function* inOrder(
  { read, first, end, depth, mayReadAhead, signal }: ReadAheadOptions,
  stopping: AbortController,
): AsyncGenerator<Lease, void, undefined> {
  const onAbort = (): void => stopping.abort(signal?.reason)
  const ahead: Promise<Lease>[] = []
  let next = first
  try {
    signal?.throwIfAborted()
    signal?.addEventListener('abort', onAbort, { once: true })
    while (true) {
      while (ahead.length < depth && next < end && (ahead.length === 0 || mayReadAhead())) {
        const stripe = read(next++, stopping.signal)
        stripe.catch(() => {})
        ahead.push(stripe)
      }
      const [head] = ahead
      if (head === undefined) return
      const lease = await head
      void ahead.shift()
      yield lease
      signal?.throwIfAborted()
    }
  } catch (error) {
    // Our own reason means that the consumer has left, and asks for no error.
    if (error !== stopping.signal.reason || signal?.aborted === true) throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    stopping.abort()
    for (const stripe of ahead) {
      await stripe.then(
        (lease) => lease.release(),
        () => {},
      )
    }
  }
}
