import type { Scheme } from '@millrace/ec-codec'
import type { Lease, Slot } from '@millrace/pooled-buffers'
import { CHECKSUM_LENGTH, checksumsOffset } from './slot-layout.ts'

/** The parts of a slot that holds a stripe, as views of it. */
export interface StripeViews {
  /** k data shards, then m parity shards. */
  readonly shards: readonly Uint8Array[]
  /** The checksum of each, 32 bytes. */
  readonly checksums: readonly Uint8Array[]
}

interface Known extends StripeViews {
  readonly buffer: unknown
  readonly shardLength: number
  readonly k: number
  readonly m: number
}

/** What each slot's last stripe was cut into: the next one usually has the same shape, and then needs no new views. */
const lastViews = new WeakMap<Slot, Known>()

/**
 * Cuts a leased slot into the shards and checksums of the stripe in it. The views are kept with the slot, so that stripes
 * of one shape cost none; like all of a lease they are not to be used after its release.
 *
 * @param lease a whole slot, not trimmed
 * @param scheme data and parity shards
 * @param shardLength bytes of each shard
 * @returns views of the slot
 * @throws {PooledBuffersError} `ERR_LEASE_RELEASED`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createBufferPool } from '@millrace/pooled-buffers'
 * import { slotSizeFor, stripeViews } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 4, m: 2 }
 * const pool = createBufferPool({ slotSize: slotSizeFor({ scheme, unit: 4096 }), slots: 1 })
 * const { shards, checksums } = stripeViews(await pool.acquire(), scheme, 4096)
 * assert.deepEqual([shards.length, checksums.length], [6, 6])
 * ```
 */
export function stripeViews(lease: Lease, scheme: Scheme, shardLength: number): StripeViews {
  const { slot, bytes } = lease
  const { k, m } = scheme
  const known = lastViews.get(slot)
  if (
    known?.shardLength === shardLength &&
    known.k === k &&
    known.m === m &&
    known.buffer === bytes.buffer
  ) {
    return known
  }
  const table = checksumsOffset(slot, scheme) - slot.byteOffset
  const cut = (start: number, length: number): readonly Uint8Array[] =>
    Array.from({ length: k + m }, (_, shard) =>
      bytes.subarray(start + shard * length, start + (shard + 1) * length),
    )
  const views = {
    buffer: bytes.buffer,
    shardLength,
    k,
    m,
    shards: cut(0, shardLength),
    checksums: cut(table, CHECKSUM_LENGTH),
  }
  lastViews.set(slot, views)
  return views
}
