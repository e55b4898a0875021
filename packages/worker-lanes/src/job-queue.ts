import diagnostics from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { createAbortGroups } from './abort-groups.ts'
import { WorkerLanesError } from './errors.ts'
import { COUNTER, createBoard, FIELD, placesOf, STATUS } from './task-board.ts'

/** What piscina requires; it imports the worker itself. */
const ENTRY: string = fileURLToPath(new URL('./worker-entry.cjs', import.meta.url))

const losses = diagnostics.channel('millrace:worker-lanes:worker-lost')

/** @internal Jobs of numbers for threads, first come first served. */
export interface JobQueue {
  readonly threads: number
  /** Jobs in a worker or on their way. */
  readonly running: number
  /** Jobs that no worker has been given yet. */
  readonly queued: number
  /** Jobs sent to workers so far. */
  readonly hops: number
  /** Views that the workers made of the slab so far. */
  readonly views: number
  run<T>(job: Job<T>, signal?: AbortSignal): Promise<T>
  /** Refuses new jobs, waits for those given, ends the threads. */
  close(): Promise<void>
}

/** @internal */
export interface Job<T> {
  /** Writes the job on its place of the board. */
  describe(place: Float64Array): void
  /** Reads from the place what came of it. */
  outcome(place: Float64Array): T
}

/** @internal */
export interface JobQueueOptions {
  /** The worker's file. */
  readonly worker: URL
  readonly workerData: object
  readonly threads: number
  /** Jobs given to a thread at a time: one it works at, the rest next in its port. */
  readonly jobsPerThread: number
  readonly maxQueue: number
  readonly owners: number
}

interface Entry {
  readonly job: Job<unknown>
  readonly signal: AbortSignal | undefined
  settled: boolean
  resolve(value: unknown): void
  reject(reason: unknown): void
}

/**
 * @internal Stands before piscina, which has no way to drop a waiting job but a signal that would kill the thread of a
 * running one: here a job that waits is dropped on abort, and one that runs is awaited first.
 */
export function createJobQueue(options: JobQueueOptions): JobQueue {
  const { threads, jobsPerThread, maxQueue, owners } = options
  const capacity = threads * jobsPerThread
  const board = createBoard(capacity, owners)
  const counters = new Int32Array(board.counters)
  const claims = new Int32Array(board.owners)
  const places = placesOf(board)
  const freePlaces = places.map((_, index) => index)
  const waiting = new Set<Entry>()
  const running = new Set<Entry>()
  const idle: (() => void)[] = []
  let closing: Promise<void> | undefined

  const pool = new Piscina({
    filename: ENTRY,
    name: 'run',
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: jobsPerThread,
    maxQueue: capacity,
    stricterFIFO: true,
    atomics: 'sync',
    recordTiming: false,
    workerHistogram: false,
    workerData: { ...options.workerData, board, entry: options.worker.href },
  })

  /** A thread that is gone gives back its part of the reserved region. */
  const reclaim = (): void => {
    const alive = new Set(pool.threads.map((thread) => thread.threadId))
    for (let part = 0; part < claims.length; part++) {
      const owner = Atomics.load(claims, part)
      if (owner !== 0 && !alive.has(owner)) Atomics.compareExchange(claims, part, owner, 0)
    }
  }
  const settle = (entry: Entry, act: () => void): void => {
    if (entry.settled) return
    entry.settled = true
    act()
  }
  const onLoss = (error: unknown): void => {
    if (losses.hasSubscribers) losses.publish({ error })
    reclaim()
    if (pool.threads.length > 0) return
    // Piscina starts no more workers once they fail before they are ready, and would let its queue wait for ever.
    for (const entry of [...waiting, ...running]) {
      settle(entry, () =>
        entry.reject(
          new WorkerLanesError(
            'ERR_WORKER_LANES_NO_WORKERS',
            'Cannot run the job: the workers do not start, look at the cause',
            { cause: error },
          ),
        ),
      )
    }
    waiting.clear()
    running.clear()
  }
  pool.on('error', onLoss)

  const send = async (entry: Entry): Promise<void> => {
    const index = freePlaces.pop() as number
    const place = places[index] as Float64Array
    running.add(entry)
    place[FIELD.status] = STATUS.waiting
    entry.job.describe(place)
    counters[COUNTER.hops] = (counters[COUNTER.hops] as number) + 1
    try {
      await pool.run(index)
      settle(entry, () => conclude(entry, place))
    } catch (error) {
      settle(entry, () => entry.reject(explain(place[FIELD.status], error)))
      if (place[FIELD.status] !== STATUS.failed) onLoss(error)
    }
    running.delete(entry)
    freePlaces.push(index)
    next()
  }
  const next = (): void => {
    while (freePlaces.length > 0) {
      const [entry] = waiting
      if (entry === undefined) break
      waiting.delete(entry)
      if (entry.signal !== undefined) aborts.delete(entry.signal, entry)
      void send(entry)
    }
    if (waiting.size + running.size === 0) for (const resolve of idle.splice(0)) resolve()
  }

  const aborts = createAbortGroups<Entry>((entry, reason) => {
    waiting.delete(entry)
    settle(entry, () => entry.reject(reason))
    next()
  })

  const end = async (): Promise<void> => {
    if (waiting.size + running.size > 0) await new Promise<void>((resolve) => idle.push(resolve))
    await pool.destroy()
  }

  return {
    threads,
    get running() {
      return running.size
    },
    get queued() {
      return waiting.size
    },
    get hops() {
      return counters[COUNTER.hops] as number
    },
    get views() {
      return Atomics.load(counters, COUNTER.views)
    },
    async run<T>(job: Job<T>, signal?: AbortSignal): Promise<T> {
      signal?.throwIfAborted()
      if (closing !== undefined) {
        throw new WorkerLanesError(
          'ERR_WORKER_LANES_CLOSED',
          'Cannot take a job: the lanes are closed',
        )
      }
      if (freePlaces.length === 0 && waiting.size >= maxQueue) {
        throw new WorkerLanesError(
          'ERR_WORKER_LANES_QUEUE_FULL',
          `Cannot queue more jobs, await some or raise maxQueue: ${maxQueue}`,
        )
      }
      return new Promise<T>((resolve, reject) => {
        const entry: Entry = {
          job,
          signal,
          settled: false,
          resolve,
          reject,
        }
        waiting.add(entry)
        if (freePlaces.length > 0) next()
        else if (signal !== undefined) aborts.add(signal, entry)
      })
    },
    close() {
      closing ??= end()
      return closing
    },
  }
}

/** What a job gave, unless its caller has given up meanwhile. */
function conclude(entry: Entry, place: Float64Array): void {
  if (entry.signal?.aborted === true) return entry.reject(entry.signal.reason)
  try {
    entry.resolve(entry.job.outcome(place))
  } catch (error) {
    entry.reject(error)
  }
}

function explain(status: number | undefined, cause: unknown): WorkerLanesError {
  if (status === STATUS.failed) {
    return new WorkerLanesError(
      'ERR_WORKER_LANES_JOB_FAILED',
      `A job failed in its worker: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
  const how =
    status === STATUS.trapped ? 'trapped in WebAssembly and was retired' : 'ended before its job'
  return new WorkerLanesError(
    'ERR_WORKER_LANES_WORKER_LOST',
    `A worker ${how}; another takes its place, the job may be given again`,
    { cause },
  )
}
