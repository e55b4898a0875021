import { outOfRange, released } from './errors.ts'
import type { Lease, Slot } from './index.ts'
import { noteView } from './pool.ts'

/** The last trim of each slot: streams trim a slot the same way again and again, and then need no new view. */
const lastTrims = new WeakMap<
  Slot,
  { buffer: unknown; start: number; end: number; view: Uint8Array }
>()

/**
 * Narrows a lease to the part of its bytes that is in use. The slot stays the same; the lease given is taken over, so
 * that only the new one is to be released.
 *
 * @param lease a lease that is not released
 * @param start first byte to keep, counted in `lease.bytes`
 * @param end byte after the last to keep, at most `lease.bytes.length`
 * @returns a lease whose `bytes` are `[start, end)`; `lease` itself when nothing is cut off
 * @throws {RangeError} `ERR_POOLED_BUFFERS_INVALID_ARGUMENT` for a range outside the bytes; {@link PooledBuffersError}
 * `ERR_LEASE_RELEASED`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createBufferPool, trimLease } from '@millrace/pooled-buffers'
 *
 * const pool = createBufferPool({ slotSize: 4096, slots: 1 })
 * const lease = trimLease(await pool.acquire(), 0, 100)
 * assert.equal(lease.bytes.length, 100)
 * lease.release()
 * assert.equal(pool.available, 1)
 * ```
 */
export function trimLease(lease: Lease, start: number, end: number): Lease {
  const { bytes, slot } = lease
  if (
    !Number.isInteger(start) ||
    !Number.isInteger(end) ||
    start < 0 ||
    end < start ||
    end > bytes.length
  ) {
    throw outOfRange(`Cannot trim ${bytes.length} bytes to: ${start} to ${end}`)
  }
  if (start === 0 && end === bytes.length) return lease
  const view = trimmed(bytes, slot, start, end)
  let open = true
  const release = (): void => {
    if (!open) throw released()
    open = false
    lease.release()
  }
  return {
    get bytes() {
      if (!open) throw released()
      return view
    },
    slot,
    release,
    [Symbol.dispose]: release,
  }
}

function trimmed(bytes: Uint8Array, slot: Slot, start: number, end: number): Uint8Array {
  const from = bytes.byteOffset + start
  const last = lastTrims.get(slot)
  if (
    last !== undefined &&
    last.buffer === bytes.buffer &&
    last.start === from &&
    last.end === from + end - start
  ) {
    return last.view
  }
  const view = bytes.subarray(start, end)
  noteView(slot)
  lastTrims.set(slot, { buffer: bytes.buffer, start: from, end: from + end - start, view })
  return view
}
