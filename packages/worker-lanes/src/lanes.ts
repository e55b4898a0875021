import { availableParallelism } from 'node:os'
import type { Algorithm } from '@millrace/checksums'
import { checkScheme, DEFAULT_UNIT, SCRATCH_BYTES, type Scheme } from '@millrace/ec-codec'
import { type BufferPool, createBufferPool, type Slot } from '@millrace/pooled-buffers'
import { checkWhole, outOfRange, wrongType } from './errors.ts'
import { createHashLanes, type HashLane } from './hash-lanes.ts'
import { createJobQueue } from './job-queue.ts'
import { CHECKSUM_LENGTH, slotSizeFor } from './slot-layout.ts'
import {
  type DecodeJob,
  type DecodeOutcome,
  decodeJob,
  type EncodeJob,
  type EncodeOutcome,
  encodeJob,
  type IoJob,
  ioJob,
} from './stripe-jobs.ts'

/** Jobs that may wait for a worker unless told otherwise. Each holds a slot, so that a pool bounds them too. */
export const DEFAULT_MAX_QUEUE: number = 1024

/** Slots of a pool that lanes make for themselves, for each thread. */
export const DEFAULT_SLOTS_PER_THREAD: number = 8

/** Jobs given to a thread at a time: it finds the next in its port and need not wait for the main thread's turn. */
const JOBS_PER_THREAD = 2

/** Options of {@link openWorkerLanes}. */
export interface WorkerLanesOptions {
  /** The pool whose slab the lanes work on. Without it `scheme` is needed, and the lanes make a pool that fits. */
  readonly pool?: BufferPool | undefined
  /** The scheme that a pool made here has slots for. */
  readonly scheme?: Scheme | undefined
  /**
   * Bytes of a shard in a full stripe, for a pool made here.
   * @default 262144
   */
  readonly unit?: number
  /**
   * Slots of a pool made here: stripes in memory at a time.
   * @default 8 for each thread
   */
  readonly slots?: number
  /**
   * Threads that encode, decode and move bytes.
   * @default os.availableParallelism()
   */
  readonly threads?: number
  /**
   * Most threads for ordered hashes; each is started when it is first needed.
   * @default half of threads, at least 1
   */
  readonly hashThreads?: number
  /**
   * Jobs that may wait for a thread.
   * @default DEFAULT_MAX_QUEUE
   */
  readonly maxQueue?: number
  /**
   * The Reed-Solomon engine.
   * @default 'auto'
   */
  readonly engine?: 'auto' | 'simd' | 'portable'
}

/** What happens to one job. */
export interface JobOptions {
  /** A waiting job is dropped; one that runs is awaited. In both cases the call rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Counts since the lanes were opened. */
export interface LaneCounts {
  /** Jobs that crossed to a worker, hashes included. */
  readonly hops: number
  /** Views of the slab made in the workers: they are kept, so that none is made in steady state. */
  readonly views: number
}

/**
 * Threads over one slab. When a call has settled, resolved or not, no worker touches its slot any more: leases stay with
 * the caller and may then be released.
 */
export interface WorkerLanes extends AsyncDisposable {
  readonly pool: BufferPool
  readonly threads: number
  /** Jobs in a worker or on their way. */
  readonly running: number
  /** Jobs waiting for a worker. */
  readonly queued: number
  readonly counts: LaneCounts
  /** Parity and checksums in place, and the writes to shard files, in one hop. A write that fails is reported, no error. */
  encodeStripe(job: EncodeJob, options?: JobOptions): Promise<EncodeOutcome>
  /** Reads, verifies and if need be rebuilds the wanted data shards in place, in one hop. Updates `job.states`. */
  decodeStripe(job: DecodeJob, options?: JobOptions): Promise<DecodeOutcome>
  /** Writes a slot's bytes at a file's position. Rejects with `ERR_WORKER_LANES_IO_FAILED`, its cause has the system's code. */
  write(job: IoJob, options?: JobOptions): Promise<void>
  /** Reads a file's bytes into a slot; gives how many came before the file's end. */
  read(job: IoJob, options?: JobOptions): Promise<number>
  /** Starts hashes of one body, taken in order on a thread of their own, beside whatever else happens to the slots. */
  openHash(algorithms: readonly Algorithm[]): HashLane
  /** Refuses new jobs, waits for those in flight, ends the threads. */
  close(): Promise<void>
}

/**
 * Starts worker threads that work in place on a pool's slab. The slab is handed to them once; jobs and results are
 * numbers. Idle threads do not keep the process alive.
 *
 * @param options see {@link WorkerLanesOptions}: a `pool`, or a `scheme` to make one for
 * @returns the lanes
 * @throws {TypeError} `ERR_WORKER_LANES_INVALID_ARGUMENT` without pool and scheme; {@link RangeError} the same code, for
 * numbers that cannot be and a pool that reserves less than SCRATCH_BYTES of ec-codec for each thread;
 * `ERR_EC_INVALID_SCHEME`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checksumsOffset, openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 2, m: 1 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const lease = await lanes.pool.acquire()
 * lease.bytes.fill(1, 0, 4096)
 * lease.bytes.fill(2, 4096, 8192)
 * await lanes.encodeStripe({ slot: lease.slot, scheme, unit: 4096, shardLength: 4096, stripe: 0 })
 * const checksums = checksumsOffset(lease.slot, scheme) - lease.slot.byteOffset
 * assert.ok(lease.bytes[8192] !== 0 && lease.bytes.subarray(checksums).length === 96)
 * lease.release()
 * await lanes.close()
 * ```
 */
export function openWorkerLanes(options: WorkerLanesOptions): WorkerLanes {
  const { threads = Math.max(1, availableParallelism()), maxQueue = DEFAULT_MAX_QUEUE } = options
  const { hashThreads = Math.max(1, threads >> 1), engine = 'auto' } = options
  checkWhole('threads', threads, 1)
  checkWhole('hashThreads', hashThreads, 1)
  checkWhole('maxQueue', maxQueue, 0)
  const pool = options.pool ?? makePool(options, threads)
  // Twice as many parts as threads: a thread that takes a dead one's place must not wait for its part.
  const parts = Math.min(2 * threads, Math.floor(pool.reserved.byteLength / SCRATCH_BYTES))
  if (parts < threads) {
    throw outOfRange(
      `Cannot run ${threads} threads on a pool that reserves ${pool.reserved.byteLength} bytes, reserve: ${threads * SCRATCH_BYTES}`,
    )
  }
  const { memory, reserved } = pool
  const queue = createJobQueue({
    worker: new URL('./worker.js', import.meta.url),
    workerData: { memory, reserved, engine },
    threads,
    jobsPerThread: JOBS_PER_THREAD,
    maxQueue,
    owners: parts,
  })
  const hashes = createHashLanes({ workerData: { memory }, threads: hashThreads, maxQueue })

  const checkSlot = (slot: Slot, bytes: number): void => {
    if (bytes > slot.byteLength || slot.byteOffset + slot.byteLength > pool.buffer.byteLength) {
      throw outOfRange(`Cannot work on ${bytes} bytes in a slot of ${slot.byteLength}`)
    }
  }
  const checkStripe = ({ slot, scheme, shardLength }: EncodeJob | DecodeJob): void => {
    const { k, m } = checkScheme(scheme)
    checkWhole('shardLength', shardLength, 1)
    checkSlot(slot, (k + m) * (shardLength + CHECKSUM_LENGTH))
  }
  const checkIo = ({ slot, offset = 0, length, position }: IoJob): void => {
    checkWhole('offset', offset, 0)
    checkWhole('length', length, 0)
    checkWhole('position', position, 0)
    checkSlot(slot, offset + length)
  }
  const close = async (): Promise<void> => {
    await Promise.all([queue.close(), hashes.close()])
  }

  return {
    pool,
    threads,
    get running() {
      return queue.running
    },
    get queued() {
      return queue.queued
    },
    get counts() {
      return { hops: queue.hops + hashes.hops, views: queue.views + hashes.views }
    },
    encodeStripe(job, { signal } = {}) {
      checkStripe(job)
      return queue.run(encodeJob(job), signal)
    },
    decodeStripe(job, { signal } = {}) {
      checkStripe(job)
      return queue.run(decodeJob(job), signal)
    },
    async write(job, { signal } = {}) {
      checkIo(job)
      await queue.run(ioJob('write', job), signal)
    },
    async read(job, { signal } = {}) {
      checkIo(job)
      return queue.run(ioJob('read', job), signal)
    },
    openHash: (algorithms) => hashes.open(algorithms),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function makePool(options: WorkerLanesOptions, threads: number): BufferPool {
  const { scheme, unit = DEFAULT_UNIT, slots = DEFAULT_SLOTS_PER_THREAD * threads } = options
  if (scheme === undefined) {
    throw wrongType('Cannot open lanes without a slab: give a pool, or a scheme to make one for')
  }
  return createBufferPool({
    slotSize: slotSizeFor({ scheme, unit }),
    slots,
    reserve: 2 * threads * SCRATCH_BYTES,
  })
}
