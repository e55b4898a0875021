import diagnostics from 'node:diagnostics_channel'
import { createWatch, POISON, type PoolProblem } from './debug.ts'
import { checkWhole, foreign, outOfRange, PooledBuffersError, released } from './errors.ts'
import type { BufferPool, Lease, SlabMemory, Slot } from './index.ts'

/** Slots begin at, and are as long as, multiples of this many bytes: what O_DIRECT asks for. */
export const SLOT_ALIGNMENT: number = 4096

/** Bytes reserved at the slab's start unless told otherwise: 1 MiB. */
export const RESERVED_DEFAULT: number = 1024 * 1024

const PAGE = 65_536
/** Pages that a WebAssembly memory can have: 4 GiB. */
const MOST_PAGES = 65_536

/** A caller that waited this long in `acquire` is published on `millrace:pooled-buffers:stall`. */
const STALL_MS = 1000
const stalls = diagnostics.channel('millrace:pooled-buffers:stall')

/** Options of {@link createBufferPool}. */
export interface BufferPoolOptions {
  /** Bytes of each slot; rounded up to a multiple of SLOT_ALIGNMENT. */
  readonly slotSize: number
  /** How many slots: the pool's memory is `slots * slotSize`, and no more bytes are ever in flight. */
  readonly slots: number
  /**
   * Bytes at the slab's start that are never lent; rounded up to a multiple of SLOT_ALIGNMENT.
   * @default RESERVED_DEFAULT
   */
  readonly reserve?: number
  /**
   * Fills free slots with POISON, finds writes to them, records where each lease was acquired and reports leaks. Slow.
   * @default false
   */
  readonly debug?: boolean
  /**
   * Takes what debug mode finds.
   * @default a process warning
   */
  readonly onProblem?: (problem: PoolProblem) => void
}

const viewNotes = new WeakMap<Slot, () => void>()

/** @internal Counts a view made over a slot outside its pool. */
export function noteView(slot: Slot): void {
  viewNotes.get(slot)?.()
}

interface Waiter {
  hand(lease: Lease): void
}

/**
 * Makes a pool of equal slots on one slab, which is the buffer of a shared WebAssembly memory: page-aligned, seen by
 * every worker, usable in place by WebAssembly kernels, files, sockets and hashes.
 *
 * @param options see {@link BufferPoolOptions}
 * @returns the pool, all slots free
 * @throws {RangeError} `ERR_POOLED_BUFFERS_INVALID_ARGUMENT`: sizes that are not whole numbers, or more than 4 GiB in all;
 * {@link PooledBuffersError} `ERR_POOLED_BUFFERS_NO_MEMORY` when the system refuses the memory
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createBufferPool } from '@millrace/pooled-buffers'
 *
 * const pool = createBufferPool({ slotSize: 65536, slots: 2 })
 * const lease = await pool.acquire()
 * lease.bytes.set([1, 2, 3])
 * assert.equal(pool.available, 1)
 * lease.release()
 * assert.equal(pool.available, 2)
 * ```
 */
export function createBufferPool(options: BufferPoolOptions): BufferPool {
  const { slots: slotCount, debug = false, onProblem = warn } = options
  checkWhole('slotSize', options.slotSize, 1)
  checkWhole('slots', slotCount, 1)
  checkWhole('reserve', options.reserve ?? RESERVED_DEFAULT, 0)
  const slotSize = align(options.slotSize)
  const reserve = align(options.reserve ?? RESERVED_DEFAULT)
  const memory = allocate(reserve + slotCount * slotSize)
  const { buffer } = memory

  const slots: readonly Slot[] = Array.from({ length: slotCount }, (_, index) =>
    Object.freeze({ byteOffset: reserve + index * slotSize, byteLength: slotSize }),
  )
  let leases = 0
  let views = 0
  const countView = (): void => void views++
  const newView = ({ byteOffset, byteLength }: Slot): Uint8Array => {
    views++
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  const cached = slots.map(newView)
  for (const slot of slots) viewNotes.set(slot, countView)

  // Last in, first out: the slot given back last is the one that is still in the processor's cache.
  const free = Array.from({ length: slotCount }, (_, index) => slotCount - 1 - index)
  const waiters = new Set<Waiter>()
  const watch = debug ? createWatch(slots, onProblem) : undefined
  if (debug) new Uint8Array(buffer, reserve).fill(POISON)

  const lend = (index: number): Lease => {
    leases++
    const slot = slots[index] as Slot
    // A view of its own tells debug mode nothing, but a consumer that kept the old one cannot compare them as equal.
    const bytes = watch === undefined ? (cached[index] as Uint8Array) : newView(slot)
    let open = true
    const release = (): void => {
      if (!open) throw released()
      open = false
      watch?.released(index, lease, bytes)
      const [next] = waiters
      if (next === undefined) free.push(index)
      else next.hand(lend(index))
    }
    const lease: Lease = {
      get bytes() {
        if (!open) throw released()
        return bytes
      },
      slot,
      release,
      [Symbol.dispose]: release,
    }
    watch?.acquired(index, lease, bytes)
    return lease
  }

  const tryAcquire = (): Lease | undefined => {
    const index = free.pop()
    return index === undefined ? undefined : lend(index)
  }

  const wait = (signal: AbortSignal | undefined): Promise<Lease> =>
    new Promise((resolve, reject) => {
      const since = performance.now()
      const onAbort = (): void => {
        waiters.delete(waiter)
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        hand(lease) {
          waiters.delete(waiter)
          signal?.removeEventListener('abort', onAbort)
          const waitedMs = performance.now() - since
          if (waitedMs > STALL_MS && stalls.hasSubscribers) {
            stalls.publish({ waitedMs, slotCount, slotSize, waiting: waiters.size })
          }
          resolve(lease)
        },
      }
      waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
    })

  const slotOf = (bytes: Uint8Array): Slot => {
    const index = Math.floor((bytes.byteOffset - reserve) / slotSize)
    const slot = bytes.buffer === buffer ? slots[index] : undefined
    if (slot === undefined || bytes.byteOffset + bytes.byteLength > slot.byteOffset + slotSize) {
      throw foreign()
    }
    return slot
  }

  return {
    buffer,
    memory,
    reserved: Object.freeze({ byteOffset: 0, byteLength: reserve }),
    slotSize,
    slotCount,
    get available() {
      return free.length
    },
    get waiting() {
      return waiters.size
    },
    get counts() {
      return { leases, slots: slotCount, views }
    },
    async acquire({ signal } = {}) {
      signal?.throwIfAborted()
      return tryAcquire() ?? wait(signal)
    },
    tryAcquire,
    check(lease) {
      if (slotOf(lease.bytes) !== lease.slot) throw foreign()
    },
    slotOf,
    openLeases: () => watch?.open() ?? [],
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / SLOT_ALIGNMENT) * SLOT_ALIGNMENT
}

function allocate(bytes: number): SlabMemory {
  const pages = Math.ceil(bytes / PAGE)
  if (pages > MOST_PAGES) {
    throw outOfRange(`Cannot make a slab of more than 4 GiB, use fewer or smaller slots: ${bytes}`)
  }
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: {
      Memory: new (options: { initial: number; maximum: number; shared: true }) => SlabMemory
    }
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw new PooledBuffersError(
      'ERR_POOLED_BUFFERS_NO_MEMORY',
      `Cannot allocate a slab, use fewer or smaller slots: ${bytes}`,
      { cause },
    )
  }
}

function warn({ error }: PoolProblem): void {
  process.emitWarning(error)
}
