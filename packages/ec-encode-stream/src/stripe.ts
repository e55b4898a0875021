import type { Scheme } from '@millrace/ec-codec'
import type { Lease } from '@millrace/pooled-buffers'
import { stripeViews } from '@millrace/worker-lanes'

/** An encoded stripe in its slot. Whoever takes it releases it, exactly once; its bytes are not to be used after that. */
export interface Stripe extends Disposable {
  readonly index: number
  /** Bytes of the body in this stripe: the first of `lease.bytes`. */
  readonly dataLength: number
  /** Bytes of each shard: the unit, or less in the last stripe. */
  readonly shardLength: number
  /** Where these shards belong in their files: `index * unit`. */
  readonly shardOffset: number
  /** k data shards, then m parity shards. */
  readonly shards: readonly Uint8Array[]
  /** The BLAKE3 digest of each shard, 32 bytes. */
  readonly checksums: readonly Uint8Array[]
  /** The system's name of the first error of each shard file so far; `undefined` for one that is well or not written. */
  readonly failures: readonly (string | undefined)[]
  readonly lease: Lease
  release(): void
}

/** @internal */
export function createStripe(
  lease: Lease,
  scheme: Scheme,
  place: Pick<Stripe, 'index' | 'dataLength' | 'shardLength' | 'shardOffset' | 'failures'>,
): Stripe {
  const release = (): void => lease.release()
  return {
    ...place,
    get shards() {
      return stripeViews(lease, scheme, place.shardLength).shards
    },
    get checksums() {
      return stripeViews(lease, scheme, place.shardLength).checksums
    },
    lease,
    release,
    [Symbol.dispose]: release,
  }
}
