import { checkScheme, DEFAULT_UNIT, type Scheme } from '@millrace/ec-codec'
import type { Slot } from '@millrace/pooled-buffers'
import { checkWhole } from './errors.ts'

/** Bytes of one shard's checksum: a BLAKE3 digest. */
export const CHECKSUM_LENGTH = 32

/**
 * How large a slot must be to hold one stripe: the data, the parity, and at its end the checksum of each shard.
 *
 * @param options.scheme data and parity shards
 * @param options.unit bytes of a shard in a full stripe
 * @default 262144
 * @returns bytes: `(k + m) * (unit + 32)`
 * @throws {RangeError} `ERR_EC_INVALID_SCHEME`, `ERR_WORKER_LANES_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { slotSizeFor } from '@millrace/worker-lanes'
 *
 * assert.equal(slotSizeFor({ scheme: { k: 4, m: 2 }, unit: 65536 }), 6 * (65536 + 32))
 * ```
 */
export function slotSizeFor(options: { readonly scheme: Scheme; readonly unit?: number }): number {
  const { unit = DEFAULT_UNIT } = options
  const { k, m } = checkScheme(options.scheme)
  checkWhole('unit', unit, 1)
  return (k + m) * (unit + CHECKSUM_LENGTH)
}

/**
 * Where on the slab a stripe's checksums lie: `(k + m) * 32` bytes at the very end of its slot, whatever the shards'
 * length.
 *
 * @param slot a slot that holds a stripe
 * @param scheme data and parity shards
 * @returns the offset of the first shard's checksum on the slab
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checksumsOffset } from '@millrace/worker-lanes'
 *
 * assert.equal(checksumsOffset({ byteOffset: 4096, byteLength: 8192 }, { k: 2, m: 1 }), 12288 - 96)
 * ```
 */
export function checksumsOffset(slot: Slot, { k, m }: Scheme): number {
  return slot.byteOffset + slot.byteLength - (k + m) * CHECKSUM_LENGTH
}
