import { CHECKSUM_LENGTH } from '@millrace/worker-lanes'

/** Stripes that the tables have room for at first; they double when it takes more. */
const FIRST_ROOM = 16

/** @internal The checksums of all stripes: 32 bytes for each shard of each, 1/8192 of the shards at the default unit. */
export interface ChecksumTables {
  /** Adds the checksums of one stripe's shards, which lie one after the other in `bytes`. Stripes may come in any order. */
  add(stripe: number, bytes: Uint8Array, offset: number): void
  /** A table for each shard, in the order of the stripes. */
  tables(stripes: number): readonly Uint8Array[]
}

/** @internal */
export function createChecksumTables(shards: number): ChecksumTables {
  let room = FIRST_ROOM
  let tables = Array.from({ length: shards }, () => new Uint8Array(room * CHECKSUM_LENGTH))
  const grow = (least: number): void => {
    while (room < least) room *= 2
    tables = tables.map((table) => {
      const grown = new Uint8Array(room * CHECKSUM_LENGTH)
      grown.set(table)
      return grown
    })
  }
  return {
    add(stripe, bytes, offset) {
      if (stripe >= room) grow(stripe + 1)
      const at = stripe * CHECKSUM_LENGTH
      let from = offset
      for (const table of tables) {
        // Byte by byte: a view for each checksum would cost more.
        for (let i = 0; i < CHECKSUM_LENGTH; i++) table[at + i] = bytes[from++] as number
      }
    },
    tables: (stripes) => tables.map((table) => table.subarray(0, stripes * CHECKSUM_LENGTH)),
  }
}
