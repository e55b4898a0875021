import type { Algorithm } from '@millrace/checksums'
import type { Slot } from '@millrace/pooled-buffers'
import { WorkerLanesError, wrongType } from './errors.ts'
import { hashJob, type LaneDigests, maskOf } from './hash-jobs.ts'
import { createJobQueue, type JobQueue } from './job-queue.ts'

/** One body's hashes, taken in order on a thread of their own. */
export interface HashLane extends AsyncDisposable {
  /**
   * Adds bytes that lie in a slot. Resolves when they have been read: until then the slot must not be released. Calls
   * need not be awaited one by one; they are worked at in the order of the calls.
   */
  update(slot: Slot, length: number, offset?: number): Promise<void>
  /** Ends the hashes. */
  digest(): Promise<LaneDigests>
  /** Drops the state, if `digest` has not been called. Never rejects. */
  close(): Promise<void>
}

/** @internal */
export interface HashLanes {
  open(algorithms: readonly Algorithm[]): HashLane
  readonly hops: number
  readonly views: number
  close(): Promise<void>
}

/** Steps given to a hash thread ahead. */
const JOBS_PER_THREAD = 2

/**
 * @internal Piscina cannot pin a job to a thread, and a hash lives in one: so each thread is a pool of its own, started
 * when it is first needed, and a stream goes to the one with the fewest streams.
 */
export function createHashLanes(options: {
  readonly workerData: object
  readonly threads: number
  readonly maxQueue: number
}): HashLanes {
  const { workerData, threads, maxQueue } = options
  const queues: { readonly queue: JobQueue; streams: number }[] = []
  let streamIds = 0
  let closed = false

  const leastLoaded = (): { readonly queue: JobQueue; streams: number } => {
    const idle = queues.find((lane) => lane.streams === 0)
    if (idle !== undefined) return idle
    if (queues.length < threads) {
      const worker = new URL('./hash-worker.js', import.meta.url)
      const queue = createJobQueue({
        worker,
        workerData,
        threads: 1,
        jobsPerThread: JOBS_PER_THREAD,
        maxQueue,
        owners: 1,
      })
      const lane = { queue, streams: 0 }
      queues.push(lane)
      return lane
    }
    return queues.reduce((least, lane) => (lane.streams < least.streams ? lane : least))
  }

  return {
    get hops() {
      return queues.reduce((sum, { queue }) => sum + queue.hops, 0)
    },
    get views() {
      return queues.reduce((sum, { queue }) => sum + queue.views, 0)
    },
    open(algorithms) {
      if (!Array.isArray(algorithms)) {
        throw wrongType(`Cannot use algorithms: expected an array: ${typeof algorithms}`)
      }
      const mask = maskOf(algorithms)
      if (closed) throw closedError()
      if (mask === 0) return emptyLane()
      const lane = leastLoaded()
      lane.streams++
      streamIds++
      return openStream(lane.queue, streamIds, mask, () => void lane.streams--)
    },
    async close() {
      closed = true
      await Promise.all(queues.map(({ queue }) => queue.close()))
    },
  }
}

function openStream(queue: JobQueue, stream: number, mask: number, onEnd: () => void): HashLane {
  let sequence = 0
  let ended = false
  const step = { stream, mask, sequence: 0 }
  // A failure to open shows again in the first step, whose state is then not there.
  const opening = queue.run(hashJob({ ...step, operation: 'open' })).catch(() => {})
  const finish = (): void => {
    ended = true
    onEnd()
  }
  const close = async (): Promise<void> => {
    if (ended) return
    finish()
    await opening
    await queue.run(hashJob({ ...step, operation: 'close' })).catch(() => {})
  }
  return {
    async update(slot, length, offset = 0) {
      if (ended) throw endedError()
      const turn = sequence++
      await queue.run(
        hashJob({ ...step, operation: 'update', sequence: turn, slot, length, offset }),
      )
    },
    async digest() {
      if (ended) throw endedError()
      finish()
      return queue.run(hashJob({ ...step, operation: 'digest', sequence }))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** No algorithm, no thread. */
function emptyLane(): HashLane {
  return {
    update: async () => {},
    digest: async () => ({}),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

function closedError(): WorkerLanesError {
  return new WorkerLanesError('ERR_WORKER_LANES_CLOSED', 'Cannot open a hash: the lanes are closed')
}

function endedError(): TypeError {
  return wrongType('Cannot use a hash after its digest or close, open another')
}
