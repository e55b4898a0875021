import type { ByteStream } from '@millrace/byte-streams'

/** A place on the slab: two numbers, so that it crosses to a worker thread at no cost. */
export interface Slot {
  readonly byteOffset: number
  readonly byteLength: number
}

/** A slot on loan. Exactly one `release()`, by the last stage that holds it. */
export interface Lease extends Disposable {
  /**
   * The slot's bytes (or the part of them in use, see `trimLease`), a view of the slab. Not to be used after `release()`:
   * reading this property then throws.
   */
  readonly bytes: Uint8Array
  readonly slot: Slot
  /** Gives the slot back. A second call throws `ERR_LEASE_RELEASED`. */
  release(): void
}

/** A stream of leased slots. Iterated plainly it copies; `leases()` hands the slots over. */
export interface LeaseStream extends ByteStream {
  leases(): AsyncIterable<Lease>
}

/**
 * The WebAssembly memory under a slab, by the one member that is used of it. (Neither Node's nor ECMAScript's type
 * libraries declare the `WebAssembly` namespace; a `WebAssembly.Memory` made with `shared: true` fits.)
 */
export interface SlabMemory {
  readonly buffer: SharedArrayBuffer
}

/** Counts since the pool was made. */
export interface PoolCounts {
  /** Leases handed out. */
  readonly leases: number
  /** Slots made: all of them at the start, none later. */
  readonly slots: number
  /** Views (Uint8Array objects) made over slots: one for each slot, one for each new trim, in debug mode one for each lease. */
  readonly views: number
}

/** A lease that is out, as debug mode knows it. */
export interface OpenLease {
  readonly slot: Slot
  /** The call stack of its `acquire`. */
  readonly acquiredAt: string
}

/** A pool of equal slots on one shared, page-aligned slab. Waiting for a slot is the backpressure. */
export interface BufferPool {
  /** The slab. A SharedArrayBuffer: every worker sees it. */
  readonly buffer: SharedArrayBuffer
  /** The WebAssembly memory whose buffer the slab is; a kernel may be instantiated on it. */
  readonly memory: SlabMemory
  /** A region at the slab's start that is never lent: for tables and scratch of the kernels. */
  readonly reserved: Slot
  readonly slotSize: number
  readonly slotCount: number
  /** Slots free now. */
  readonly available: number
  /** Callers waiting in `acquire`. */
  readonly waiting: number
  /** What was made so far; in steady state only `leases` grows. */
  readonly counts: PoolCounts
  /** Waits for a free slot, first come first served. Rejects with `signal.reason` on abort. */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Lease>
  /** Takes a free slot at once, or gives `undefined`. */
  tryAcquire(): Lease | undefined
  /**
   * Checks that a lease is this pool's and is not released yet.
   * @throws {PooledBuffersError} `ERR_LEASE_FOREIGN`, `ERR_LEASE_RELEASED`
   */
  check(lease: Lease): void
  /**
   * The slot in which bytes lie.
   * @throws {PooledBuffersError} `ERR_LEASE_FOREIGN` for bytes that are not in one of this pool's slots
   */
  slotOf(bytes: Uint8Array): Slot
  /** The leases that are out, with the place of their `acquire`. Known in debug mode only, else empty. */
  openLeases(): readonly OpenLease[]
}

export {
  type BufferPoolOptions,
  createBufferPool,
  RESERVED_DEFAULT,
  SLOT_ALIGNMENT,
} from './pool.ts'
export { POISON, type PoolProblem } from './debug.ts'
export { PooledBuffersError, type PooledBuffersErrorCode } from './errors.ts'
export { copyLeases, toLeaseStream } from './lease-stream.ts'
export { trimLease } from './trim-lease.ts'
