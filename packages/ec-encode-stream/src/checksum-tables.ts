import { CHECKSUM_LENGTH } from '@millrace/worker-lanes'

/** @internal The checksums of all stripes: 32 bytes for each shard of each, 1/8192 of the shards at the default unit. */
export interface ChecksumTables {
  /** Adds the checksums of one stripe's shards, which lie one after the other in `bytes`. Stripes may come in any order. */
  add(stripe: number, bytes: Uint8Array, offset: number): void
  /** A table for each shard, in the order of the stripes. */
  tables(stripes: number): readonly Uint8Array[]
}

/** @internal */
export function createChecksumTables(shards: number): ChecksumTables {
  const row = shards * CHECKSUM_LENGTH
  let rows = new Uint8Array(row * 16)
  return {
    add(stripe, bytes, offset) {
      const end = (stripe + 1) * row
      if (end > rows.length) {
        const grown = new Uint8Array(Math.max(end, rows.length * 2))
        grown.set(rows)
        rows = grown
      }
      // Byte by byte: a view for each stripe would cost more.
      const from = stripe * row
      for (let i = 0; i < row; i++) rows[from + i] = bytes[offset + i] as number
    },
    tables: (stripes) =>
      Array.from({ length: shards }, (_, shard) => {
        const table = new Uint8Array(stripes * CHECKSUM_LENGTH)
        for (let stripe = 0; stripe < stripes; stripe++) {
          const from = stripe * row + shard * CHECKSUM_LENGTH
          table.set(rows.subarray(from, from + CHECKSUM_LENGTH), stripe * CHECKSUM_LENGTH)
        }
        return table
      }),
  }
}
