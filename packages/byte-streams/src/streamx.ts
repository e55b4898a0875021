import { Duplex, getStreamError, Readable, Writable } from 'streamx'
import { checkFunction, checkSignal, checkSize } from './errors.ts'
import { createInlet } from './inlet.ts'
import { createPuller } from './puller.ts'
import { report } from './report.ts'
import { checkSource } from './source.ts'

export { fromStreamx } from './from-streamx.ts'

/** Bytes that a streamx stream made here queues before it holds its source back: 64 KiB, one chunk of usual size. */
export const DEFAULT_STREAMX_HIGH_WATER_MARK: number = 64 * 1024

/** Options of the streamx adapters. */
export interface StreamxOptions {
  /** On abort the stream is destroyed with `signal.reason`. One listener, removed when the stream closes. */
  readonly signal?: AbortSignal | undefined
  /**
   * Bytes to queue on each side; a value that is not bytes counts as the whole of it.
   * @default DEFAULT_STREAMX_HIGH_WATER_MARK
   */
  readonly highWaterMark?: number
}

type Done = (error: Error | null) => void

interface Base {
  readonly highWaterMark: number
  readonly eagerOpen: boolean
  byteLength(value: unknown): number
}

/** Checks the options and gives what all three kinds of stream share. */
function base(options: StreamxOptions): Base {
  const { signal, highWaterMark = DEFAULT_STREAMX_HIGH_WATER_MARK } = options
  checkSignal(signal)
  checkSize('highWaterMark', highWaterMark, 1)
  return {
    highWaterMark,
    // Without it a stream that nobody writes to would never report a signal that is aborted already.
    eagerOpen: signal?.aborted === true,
    // Never 0: streamx takes a queue of 0 bytes for an empty one, and would lose empty chunks in it.
    byteLength: (value) =>
      ArrayBuffer.isView(value) ? Math.max(1, value.byteLength) : highWaterMark,
  }
}

/** streamx ignores a signal that is aborted already, hides its reason and keeps its listener: so this does it all. */
function followSignal(
  signal: AbortSignal | undefined,
  destroy: (reason: Error) => void,
): { opened(): Error | null; stop(): void } {
  const onAbort = (): void => destroy(signal?.reason as Error)
  if (signal?.aborted !== true) signal?.addEventListener('abort', onAbort, { once: true })
  return {
    opened: () => (signal?.aborted === true ? (signal.reason as Error) : null),
    stop: () => signal?.removeEventListener('abort', onAbort),
  }
}

/**
 * Gives an iterable as a streamx Readable. Destroying it closes the source, also while the source is parked.
 *
 * @param source chunks, or any values (but not Leases: streamx drops queued values when it is destroyed)
 * @param options see {@link StreamxOptions}
 * @returns a Readable that pulls only when it is read
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fromStreamx, toStreamxReadable } from '@millrace/byte-streams/streamx'
 *
 * const readable = toStreamxReadable([Uint8Array.of(1), Uint8Array.of(2)])
 * const seen: number[] = []
 * for await (const chunk of fromStreamx<Uint8Array>(readable)) seen.push(...chunk)
 * assert.deepEqual(seen, [1, 2])
 * ```
 */
export function toStreamxReadable<T>(
  source: AsyncIterable<T> | Iterable<T>,
  options: StreamxOptions = {},
): Readable {
  checkSource(source)
  const shared = base(options)
  const puller = createPuller(source)
  let pending: Done | undefined
  let closing: Promise<void> = Promise.resolve()
  const finishRead: Done = (error) => {
    const done = pending
    pending = undefined
    done?.(error)
  }
  const readable: Readable = new Readable({
    ...shared,
    open: (done) => done(link.opened()),
    read(done) {
      pending = done
      puller.pull(
        (result) => {
          readable.push(result.done === true ? null : result.value)
          finishRead(null)
        },
        (error) => finishRead(error as Error),
      )
    },
    predestroy() {
      closing = puller.close()
      closing.catch(() => {})
      finishRead(null)
    },
    destroy(done) {
      link.stop()
      void report(closing, done)
    },
  })
  const link = followSignal(options.signal, (reason) => readable.destroy(reason))
  return readable
}

/**
 * Gives any transform of iterables as a streamx Duplex that fits the middle of `pipeline()`.
 *
 * If the transform ends before its input does, the rest of the input is read and dropped. If the stream is destroyed, the
 * transform's source throws, so that it never takes a broken input for a finished one.
 *
 * @param transform for instance `rechunk(65536)`
 * @param options see {@link StreamxOptions}
 * @returns a Duplex
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise } from 'streamx'
 * import { rechunk } from '@millrace/byte-streams'
 * import { toStreamxReadable, toStreamxTransform, toStreamxWritable } from '@millrace/byte-streams/streamx'
 *
 * const sizes: number[] = []
 * await pipelinePromise(
 *   toStreamxReadable([new Uint8Array(5)]),
 *   toStreamxTransform(rechunk(2)),
 *   toStreamxWritable(async (source: AsyncIterable<Uint8Array>) => {
 *     for await (const chunk of source) sizes.push(chunk.length)
 *   }),
 * )
 * assert.deepEqual(sizes, [2, 2, 1])
 * ```
 */
export function toStreamxTransform<A, B>(
  transform: (source: AsyncIterable<A>) => AsyncIterable<B>,
  options: StreamxOptions = {},
): Duplex {
  checkFunction('transform', transform)
  const shared = base(options)
  const inlet = createInlet<A>()
  const puller = createPuller(transform(inlet.iterable))
  let pending: Done | undefined
  let closing: Promise<void> = Promise.resolve()
  const finishRead: Done = (error) => {
    const done = pending
    pending = undefined
    done?.(error)
  }
  const duplex: Duplex = new Duplex({
    ...shared,
    open: (done) => done(link.opened()),
    write(value, done) {
      inlet.write(value as A, () => done(null))
    },
    final(done) {
      inlet.end()
      done(null)
    },
    read(done) {
      pending = done
      puller.pull(
        (result) => {
          duplex.push(result.done === true ? null : result.value)
          // A transform that has ended without closing its source would leave the writer waiting.
          if (result.done === true) void inlet.iterable[Symbol.asyncIterator]().return?.()
          finishRead(null)
        },
        (error) => finishRead(error as Error),
      )
    },
    predestroy() {
      // Parked on our own inlet the transform wakes up now, and its clean-up can be waited for.
      const wait = inlet.waiting
      inlet.fail(getStreamError(duplex, { all: true }))
      closing = puller.close({ wait })
      closing.catch(() => {})
      finishRead(null)
    },
    destroy(done) {
      link.stop()
      void report(closing, done)
    },
  })
  const link = followSignal(options.signal, (reason) => duplex.destroy(reason))
  return duplex
}

/**
 * Gives any sink of an iterable as a streamx Writable. It finishes when the sink has: a pipeline that has ended well
 * means that the sink has resolved. When it is destroyed the sink's source throws, and `close` waits for the sink's
 * clean-up.
 *
 * @param sink for instance `pwriteSink(path)`
 * @param options see {@link StreamxOptions}
 * @returns a Writable
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise } from 'streamx'
 * import { collect } from '@millrace/byte-streams'
 * import { toStreamxReadable, toStreamxWritable } from '@millrace/byte-streams/streamx'
 *
 * let bytes = new Uint8Array(0)
 * await pipelinePromise(
 *   toStreamxReadable([Uint8Array.of(7)]),
 *   toStreamxWritable(async (source: AsyncIterable<Uint8Array>) => {
 *     bytes = await collect(source)
 *   }),
 * )
 * assert.deepEqual(bytes, Uint8Array.of(7))
 * ```
 */
export function toStreamxWritable<A>(
  sink: (source: AsyncIterable<A>) => Promise<unknown>,
  options: StreamxOptions = {},
): Writable {
  checkFunction('sink', sink)
  const shared = base(options)
  const inlet = createInlet<A>()
  let work: Promise<unknown> | undefined
  const writable: Writable = new Writable({
    ...shared,
    open(done) {
      const refused = link.opened()
      if (refused === null) {
        work = (async () => sink(inlet.iterable))()
        work.then(
          () => inlet.iterable[Symbol.asyncIterator]().return?.(),
          (error: unknown) => writable.destroy(error as Error),
        )
      }
      done(refused)
    },
    write(value, done) {
      inlet.write(value as A, () => done(null))
    },
    final(done) {
      inlet.end()
      void report(work, done)
    },
    predestroy() {
      inlet.fail(getStreamError(writable, { all: true }))
    },
    destroy(done) {
      link.stop()
      // Its error is the stream's already, or follows from the one that is.
      void report(work, () => done(null))
    },
  })
  const link = followSignal(options.signal, (reason) => writable.destroy(reason))
  return writable
}
