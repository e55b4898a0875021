import type { Lease, LeaseStream } from './index.ts'

/**
 * Copies leased bytes into arrays that belong to the consumer, and releases each lease. The one place where bytes leave
 * the slab for good.
 *
 * @param leases any stream of leases
 * @returns a generator of arrays of their own; early return closes `leases`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { copyLeases, createBufferPool } from '@millrace/pooled-buffers'
 *
 * const pool = createBufferPool({ slotSize: 4096, slots: 1 })
 * const one = async function* () {
 *   yield await pool.acquire()
 * }
 * for await (const chunk of copyLeases(one())) assert.equal(chunk.length, 4096)
 * assert.equal(pool.available, 1)
 * ```
 */
export async function* copyLeases(
  leases: AsyncIterable<Lease>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const lease of leases) {
    let copy: Uint8Array
    try {
      const { bytes } = lease
      // Never from Node's own pool: a chunk that lives long would keep its neighbours alive. Every byte is written.
      copy = new Uint8Array(Buffer.allocUnsafeSlow(bytes.length).buffer)
      copy.set(bytes)
    } finally {
      lease.release()
    }
    yield copy
  }
}

/**
 * Makes a {@link LeaseStream} of a function that starts a stream of leases.
 *
 * @param start called once for each iteration; give a generator function
 * @returns `leases()` hands over what `start()` yields, and whoever takes a lease releases it; plain iteration copies and
 * releases
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createBufferPool, toLeaseStream } from '@millrace/pooled-buffers'
 *
 * const pool = createBufferPool({ slotSize: 4096, slots: 1 })
 * const stream = toLeaseStream(async function* () {
 *   for (let i = 0; i < 3; i++) yield await pool.acquire()
 * })
 * const chunks: Uint8Array[] = []
 * for await (const chunk of stream) chunks.push(chunk)
 * assert.equal(chunks.length, 3)
 * assert.equal(pool.available, 1)
 * ```
 */
export function toLeaseStream(start: () => AsyncIterable<Lease>): LeaseStream {
  return {
    leases: start,
    [Symbol.asyncIterator]: () => copyLeases(start()),
  }
}
