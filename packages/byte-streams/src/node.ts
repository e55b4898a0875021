import { Readable, Writable } from 'node:stream'
import { checkChunk, checkFunction, checkSignal, checkSize } from './errors.ts'
import type { ByteSource } from './index.ts'
import { createInlet } from './inlet.ts'
import { createPuller } from './puller.ts'
import { report } from './report.ts'
import { checkSource, cleansUpUnstarted } from './source.ts'
import { closedEarly } from './write-to.ts'

export { type WriteToOptions, writeTo } from './write-to.ts'

/** Bytes that a Node stream made here queues before it holds its source back: 64 KiB. */
export const DEFAULT_NODE_HIGH_WATER_MARK: number = 64 * 1024

/** Options of {@link toNodeReadable} and {@link toNodeWritable}. */
export interface NodeStreamOptions {
  /** On abort the stream is destroyed with `signal.reason`. One listener, removed when the stream closes. */
  readonly signal?: AbortSignal | undefined
  /**
   * Bytes to queue.
   * @default DEFAULT_NODE_HIGH_WATER_MARK
   */
  readonly highWaterMark?: number
}

/**
 * Iterates over a Node Readable (a file, a request, a response). Early return destroys it, also before the first pull;
 * a stream that closes before its end is an error.
 *
 * @param readable a Readable of bytes: no encoding set, no object mode
 * @param options `signal`: ends the iteration with `signal.reason`, destroying the stream
 * @returns a lazy generator
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call; during iteration {@link ByteStreamError}
 * `ERR_BYTE_STREAMS_PREMATURE_CLOSE` (retryable), `ERR_BYTE_STREAMS_NOT_BYTES`, or the stream's own error
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Readable } from 'node:stream'
 * import { collect } from '@millrace/byte-streams'
 * import { fromNodeReadable } from '@millrace/byte-streams/node'
 *
 * const bytes = await collect(fromNodeReadable(Readable.from([Buffer.from('abc')])))
 * assert.equal(bytes.length, 3)
 * ```
 */
export function fromNodeReadable(
  readable: Readable,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkSource(readable)
  checkSignal(options.signal)
  return cleansUpUnstarted(drain(readable, options.signal), () => void readable.destroy())
}

async function* drain(
  readable: Readable,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (signal?.aborted === true) {
    readable.destroy()
    throw signal.reason
  }
  const onAbort = (): void => void readable.destroy(signal?.reason as Error)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for await (const chunk of readable) {
      signal?.throwIfAborted()
      checkChunk(chunk)
      yield chunk as Uint8Array
    }
    signal?.throwIfAborted()
  } catch (error) {
    signal?.throwIfAborted()
    if ((error as { code?: unknown } | null)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
    throw closedEarly(error)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * Gives bytes as a Node Readable. Destroying it closes the source, also while the source is parked.
 *
 * @param source chunks of bytes
 * @param options see {@link NodeStreamOptions}
 * @returns a Readable that pulls only when it is read
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { text } from 'node:stream/consumers'
 * import { toNodeReadable } from '@millrace/byte-streams/node'
 *
 * assert.equal(await text(toNodeReadable([Buffer.from('abc')])), 'abc')
 * ```
 */
export function toNodeReadable(source: ByteSource, options: NodeStreamOptions = {}): Readable {
  checkSource(source)
  const base = nodeBase(options)
  const puller = createPuller(source)
  let stop = (): void => {}
  const readable: Readable = new Readable({
    highWaterMark: base.highWaterMark,
    read() {
      if (puller.pulling) return
      const onError = (error: unknown): void => void readable.destroy(error as Error)
      const pull = (): void =>
        puller.pull((result) => {
          if (result.done === true) return void readable.push(null)
          try {
            checkChunk(result.value)
          } catch (error) {
            return onError(error)
          }
          // Node takes an empty chunk for no chunk, and would not ask again.
          if (result.value.byteLength === 0) pull()
          else readable.push(result.value)
        }, onError)
      pull()
    },
    destroy(error, done) {
      stop()
      void report(puller.close(), (closeError) => done(error ?? closeError))
    },
  })
  stop = base.follow((reason) => readable.destroy(reason))
  return readable
}

/**
 * Gives a sink of bytes as a Node Writable. It finishes when the sink has resolved. When it is destroyed the sink's
 * source throws, and `close` waits for the sink's clean-up.
 *
 * @param sink consumes the bytes
 * @param options see {@link NodeStreamOptions}
 * @returns a Writable
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { Readable } from 'node:stream'
 * import { pipeline } from 'node:stream/promises'
 * import { collect } from '@millrace/byte-streams'
 * import { toNodeWritable } from '@millrace/byte-streams/node'
 *
 * let length = 0
 * const sink = async (source: AsyncIterable<Uint8Array>) => {
 *   length = (await collect(source)).length
 * }
 * await pipeline(Readable.from([Buffer.from('abc')]), toNodeWritable(sink))
 * assert.equal(length, 3)
 * ```
 */
export function toNodeWritable(
  sink: (source: AsyncIterable<Uint8Array>) => Promise<unknown>,
  options: NodeStreamOptions = {},
): Writable {
  checkFunction('sink', sink)
  const base = nodeBase(options)
  const inlet = createInlet<Uint8Array>()
  let work: Promise<unknown> | undefined
  let stop = (): void => {}
  const writable: Writable = new Writable({
    highWaterMark: base.highWaterMark,
    construct(done) {
      work = (async () => sink(inlet.iterable))()
      work.then(
        () => inlet.iterable[Symbol.asyncIterator]().return?.(),
        (error: unknown) => writable.destroy(error as Error),
      )
      done()
    },
    write(chunk: Uint8Array, _encoding, done) {
      inlet.write(chunk, done)
    },
    final(done) {
      inlet.end()
      void report(work, done)
    },
    destroy(error, done) {
      stop()
      inlet.fail(error ?? closedEarly())
      void report(work, () => done(error))
    },
  })
  stop = base.follow((reason) => writable.destroy(reason))
  return writable
}

/** The one listener on the signal; `follow` gives the way to remove it. */
function nodeBase(options: NodeStreamOptions): {
  readonly highWaterMark: number
  follow(destroy: (reason: Error) => void): () => void
} {
  const { signal, highWaterMark = DEFAULT_NODE_HIGH_WATER_MARK } = options
  checkSignal(signal)
  checkSize('highWaterMark', highWaterMark, 1)
  return {
    highWaterMark,
    follow(destroy) {
      const onAbort = (): void => destroy(signal?.reason as Error)
      if (signal?.aborted === true) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
      return () => signal?.removeEventListener('abort', onAbort)
    },
  }
}
