import { type ByteSource, withSignal } from '@millrace/byte-streams'
import type { Lease, LeaseStream } from '@millrace/pooled-buffers'
import type { DirectState } from './direct-file.ts'
import { wrongArgument } from './errors.ts'
import { gatherSmall } from './gather-small.ts'
import { openPwriteSink } from './open-pwrite-sink.ts'
import type { PwriteSink } from './sink.ts'
import { checkOptions, type PwriteSinkOptions } from './sink-options.ts'

/** Writes that are under way at once in {@link writeSpans} and {@link pwriteSink}. */
export const DEFAULT_WRITE_CONCURRENCY = 4

/** Bytes with their place in the file. A lease is released when it is written, or when that fails. */
export type Span =
  | { readonly position: number; readonly bytes: Uint8Array }
  | { readonly position: number; readonly lease: Lease }

/** Options of {@link writeSpans} and {@link pwriteSink}. */
export interface WriteOptions extends PwriteSinkOptions {
  /**
   * Writes under way at once.
   * @default DEFAULT_WRITE_CONCURRENCY
   */
  readonly concurrency?: number
}

/** What was written. */
export interface WrittenFile {
  readonly path: string
  readonly size: number
  readonly direct: DirectState
  /** Why `direct` is `refused`. */
  readonly directNote: string | undefined
}

/**
 * Makes a file the sink of spans in any order. It appears when the source has ended and every byte is there; if the
 * source, a write or the signal fails, nothing stays behind and the source is closed.
 *
 * @param path the finished file
 * @param options see {@link WriteOptions}
 * @returns a sink: give it a source of {@link Span}
 * @throws as {@link openPwriteSink}, and what `write()` and `commit()` of a sink throw
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { writeSpans } from '@millrace/pwrite-sink'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'spans-'))
 * const path = join(folder, 'file')
 * const spans = [{ position: 2, bytes: Buffer.from('cd') }, { position: 0, bytes: Buffer.from('ab') }]
 * assert.equal((await writeSpans(path)(spans)).size, 4)
 * assert.equal(await readFile(path, 'utf8'), 'abcd')
 * await rm(folder, { recursive: true })
 * ```
 */
export function writeSpans(
  path: string,
  options: WriteOptions = {},
): (source: AsyncIterable<Span> | Iterable<Span>) => Promise<WrittenFile> {
  const concurrency = checkWriteOptions(path, options)
  return (source) =>
    pour(disposable(source), path, options, concurrency, ({ span }, sink) =>
      sink.write('lease' in span ? span.lease : span.bytes, span.position),
    )
}

/** A span that comes after an abort is disposed of, and with it its lease. */
function disposable(
  source: AsyncIterable<Span> | Iterable<Span>,
): AsyncIterable<Disposable & { readonly span: Span }> {
  return {
    [Symbol.asyncIterator]() {
      // Not a generator: its return() would wait for a source that is parked.
      const iterator: AsyncIterator<Span> | Iterator<Span> =
        Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
      return {
        async next() {
          const result = await iterator.next()
          if (result.done === true) return { done: true, value: undefined }
          const span = result.value
          const dispose = (): void => ('lease' in span ? span.lease.release() : undefined)
          return { done: false, value: { span, [Symbol.dispose]: dispose } }
        },
        async return() {
          await iterator.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/**
 * Makes a file the sink of a byte stream, in order. A LeaseStream is written without a copy, and so are chunks of
 * {@link GATHER_BELOW} bytes or more; smaller ones are copied together into writes of {@link GATHERED_SIZE}.
 *
 * @param path the finished file
 * @param options see {@link WriteOptions}
 * @returns a sink: give it a source of bytes
 * @throws as {@link writeSpans}
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { pipe } from 'it-pipe'
 * import { pwriteSink } from '@millrace/pwrite-sink'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'sink-'))
 * const path = join(folder, 'file')
 * await pipe([Buffer.from('ab'), Buffer.from('cd')], pwriteSink(path))
 * assert.equal(await readFile(path, 'utf8'), 'abcd')
 * await rm(folder, { recursive: true })
 * ```
 */
export function pwriteSink(
  path: string,
  options: WriteOptions = {},
): (source: ByteSource | LeaseStream) => Promise<WrittenFile> {
  const concurrency = checkWriteOptions(path, options)
  return (source) => {
    let position = 0
    const place = (chunk: Uint8Array | Lease, sink: PwriteSink): Promise<void> => {
      const start = position
      position += ('release' in chunk ? chunk.bytes : chunk).byteLength
      return sink.write(chunk, start)
    }
    return 'leases' in source
      ? pour(source.leases(), path, options, concurrency, place)
      : pour(source, path, options, concurrency, place, gatherSmall)
  }
}

function checkWriteOptions(path: string, options: WriteOptions): number {
  checkOptions(path, options)
  const { concurrency = DEFAULT_WRITE_CONCURRENCY } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw wrongArgument(
      `Cannot use concurrency: expected a whole number of 1 or more: ${concurrency}`,
    )
  }
  return concurrency
}

async function pour<T>(
  source: AsyncIterable<T> | Iterable<T>,
  path: string,
  options: PwriteSinkOptions,
  concurrency: number,
  write: (value: T, sink: PwriteSink) => Promise<void>,
  shape: (values: AsyncIterable<T>) => AsyncIterable<T> = (values) => values,
): Promise<WrittenFile> {
  // Ends the source also while it is parked: when the caller aborts, and when a write fails.
  const stop = new AbortController()
  const { signal } = options
  const onAbort = (): void => stop.abort(signal?.reason)
  if (signal?.aborted === true) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const values = withSignal(source, stop.signal)
  try {
    const sink = await openPwriteSink(path, { ...options, signal: stop.signal }).catch(
      async (error: unknown) => {
        stop.abort(error)
        // The first pull closes the source and gives the error back.
        await values.next()
        throw error
      },
    )
    try {
      await writeAll(shape(values), sink, concurrency, write, stop)
      await sink.commit()
    } catch (error) {
      await sink.abort(error)
      throw error
    }
    const { size = sink.written.at(-1)?.end ?? 0, direct, directNote } = sink
    return { path: sink.path, size, direct, directNote }
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

async function writeAll<T>(
  values: AsyncIterable<T>,
  sink: PwriteSink,
  concurrency: number,
  write: (value: T, sink: PwriteSink) => Promise<void>,
  stop: AbortController,
): Promise<void> {
  const underWay = new Set<Promise<void>>()
  let wake: (() => void) | undefined
  try {
    for await (const value of values) {
      const writing = write(value, sink).then(
        () => {},
        (error: unknown) => stop.abort(error),
      )
      underWay.add(writing)
      void writing.then(() => {
        underWay.delete(writing)
        wake?.()
      })
      if (underWay.size >= concurrency) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    await Promise.all(underWay)
  }
  stop.signal.throwIfAborted()
}
