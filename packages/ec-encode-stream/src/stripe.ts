import type { Lease, Slot } from '@millrace/pooled-buffers'
import type { Scheme } from '@millrace/ec-codec'
import { CHECKSUM_LENGTH, checksumsOffset } from '@millrace/worker-lanes'

/** An encoded stripe in its slot. Whoever takes it releases it, exactly once; its bytes are not to be used after that. */
export interface Stripe extends Disposable {
  readonly index: number
  /** Bytes of the body in this stripe. */
  readonly dataLength: number
  /** Bytes of each shard: the unit, or less in the last stripe. */
  readonly shardLength: number
  /** Where these shards belong in their files: `index * unit`. */
  readonly shardOffset: number
  /** The stripe's part of the body. */
  readonly data: Uint8Array
  /** k data shards, then m parity shards. */
  readonly shards: readonly Uint8Array[]
  /** The BLAKE3 digest of each shard, 32 bytes. */
  readonly checksums: readonly Uint8Array[]
  /** The system's name of the first error of each shard file so far; `undefined` for one that is well or not written. */
  readonly failures: readonly (string | undefined)[]
  readonly lease: Lease
  release(): void
}

interface Views {
  readonly buffer: unknown
  readonly shardLength: number
  readonly k: number
  readonly m: number
  dataLength: number
  data: Uint8Array
  readonly shards: readonly Uint8Array[]
  readonly checksums: readonly Uint8Array[]
}

/** The views of the stripe that a slot held last: the next one usually has the same shape, and needs no new ones. */
const lastViews = new WeakMap<Slot, Views>()

function viewsOf(lease: Lease, { k, m }: Scheme, shardLength: number, dataLength: number): Views {
  const { slot, bytes } = lease
  let views = lastViews.get(slot)
  if (
    views === undefined ||
    views.shardLength !== shardLength ||
    views.k !== k ||
    views.m !== m ||
    views.buffer !== bytes.buffer
  ) {
    const table = checksumsOffset(slot, { k, m }) - slot.byteOffset
    const cut = (start: number, length: number, count: number): readonly Uint8Array[] =>
      Array.from({ length: count }, (_, shard) =>
        bytes.subarray(start + shard * length, start + (shard + 1) * length),
      )
    views = {
      buffer: bytes.buffer,
      shardLength,
      k,
      m,
      dataLength,
      data: bytes.subarray(0, dataLength),
      shards: cut(0, shardLength, k + m),
      checksums: cut(table, CHECKSUM_LENGTH, k + m),
    }
    lastViews.set(slot, views)
  }
  if (views.dataLength !== dataLength) {
    views.dataLength = dataLength
    views.data = bytes.subarray(0, dataLength)
  }
  return views
}

/** @internal */
export function createStripe(
  lease: Lease,
  scheme: Scheme,
  place: Pick<Stripe, 'index' | 'dataLength' | 'shardLength' | 'shardOffset' | 'failures'>,
): Stripe {
  const { dataLength, shardLength } = place
  const views = (): Views => viewsOf(lease, scheme, shardLength, dataLength)
  const release = (): void => lease.release()
  return {
    ...place,
    get data() {
      return views().data
    },
    get shards() {
      return views().shards
    },
    get checksums() {
      return views().checksums
    },
    lease,
    release,
    [Symbol.dispose]: release,
  }
}
