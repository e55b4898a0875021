/** A place on the slab: two numbers, so that it crosses to a worker thread at no cost. */
export interface Slot {
  readonly byteOffset: number
  readonly byteLength: number
}

/** A slot on loan. Exactly one `release()`, by the last stage that holds it. */
export interface Lease extends Disposable {
  /** The slot's bytes (or the part of them in use, see `trim`), a view of the slab. Not to be used after `release()`. */
  readonly bytes: Uint8Array
  readonly slot: Slot
  release(): void
}

/** A stream of leased slots. Iterated plainly it copies; `leases()` hands the slots over. */
export interface LeaseStream extends AsyncIterable<Uint8Array> {
  leases(): AsyncIterable<Lease>
}

/**
 * The WebAssembly memory under a slab, by the one member that is used of it. (Neither Node's nor ECMAScript's type
 * libraries declare the `WebAssembly` namespace; a `WebAssembly.Memory` made with `shared: true` fits.)
 */
export interface SlabMemory {
  readonly buffer: SharedArrayBuffer
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
  /** Waits for a free slot, first come first served. Rejects with `signal.reason` on abort. */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Lease>
  /** Takes a free slot at once, or gives `undefined`. */
  tryAcquire(): Lease | undefined
}
