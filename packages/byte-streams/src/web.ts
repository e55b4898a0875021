import { ReadableStream } from 'node:stream/web'
import { checkChunk, checkSignal, wrongType } from './errors.ts'
import type { ByteSource } from './index.ts'
import { createPuller } from './puller.ts'
import { report } from './report.ts'
import { checkSource, cleansUpUnstarted } from './source.ts'
import { withSignal } from './with-signal.ts'

/**
 * Iterates over a Web stream of bytes. Early return cancels it, also before the first pull.
 *
 * @param stream for instance the `body` of a `Response`; it is locked until the end
 * @param options `signal`: ends the iteration with `signal.reason`, cancelling the stream
 * @returns a lazy generator
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call; during iteration the stream's own error, or
 * {@link ByteStreamError} `ERR_BYTE_STREAMS_NOT_BYTES`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect } from '@millrace/byte-streams'
 * import { fromWebReadable } from '@millrace/byte-streams/web'
 *
 * const body = new Blob(['abc']).stream()
 * assert.equal((await collect(fromWebReadable(body))).length, 3)
 * ```
 */
export function fromWebReadable(
  stream: ReadableStream<Uint8Array>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof (stream as Partial<ReadableStream> | null)?.getReader !== 'function') {
    throw wrongType(`Cannot use stream: expected a ReadableStream: ${typeof stream}`)
  }
  checkSignal(options.signal)
  return cleansUpUnstarted(drain(stream, options.signal), () => stream.cancel())
}

async function* drain(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader()
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      const { done, value } = await reader.read()
      return done ? { done: true, value: undefined } : { done: false, value }
    },
    // Unlike a generator's return(), cancel() settles a read that is parked.
    async return() {
      await reader.cancel(signal?.reason)
      return { done: true, value: undefined }
    },
  }
  try {
    for await (const chunk of withSignal({ [Symbol.asyncIterator]: () => iterator }, signal)) {
      checkChunk(chunk)
      yield chunk
    }
  } finally {
    reader.releaseLock()
  }
}

/**
 * Gives bytes as a Web ReadableStream, for a `fetch` body or a `Response`. It pulls one chunk at a time and queues none.
 *
 * Chunks on a SharedArrayBuffer (slots of a slab) are copied, since Web APIs reject such memory.
 *
 * @param source chunks of bytes
 * @param options `signal`: the stream fails with `signal.reason`, closing the source
 * @returns a ReadableStream
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { toWebReadable } from '@millrace/byte-streams/web'
 *
 * assert.equal(await new Response(toWebReadable([Buffer.from('abc')])).text(), 'abc')
 * ```
 */
export function toWebReadable(
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): ReadableStream<Uint8Array> {
  checkSource(source)
  const { signal } = options
  checkSignal(signal)
  const puller = createPuller(source)
  let onAbort: (() => void) | undefined
  const stop = (): void => {
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort)
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          stop()
          controller.error(signal?.reason)
          void report(puller.close(), () => {})
        }
        if (signal?.aborted === true) onAbort()
        else signal?.addEventListener('abort', onAbort, { once: true })
      },
      pull: (controller) =>
        new Promise((resolve) => {
          const fail = (error: unknown): void => {
            stop()
            controller.error(error)
            void report(puller.close(), () => {})
            resolve()
          }
          const pull = (): void =>
            puller.pull((result) => {
              if (result.done === true) {
                stop()
                controller.close()
                return resolve()
              }
              try {
                checkChunk(result.value)
                if (result.value.byteLength === 0) return pull()
                controller.enqueue(ownMemory(result.value))
              } catch (error) {
                return fail(error)
              }
              return resolve()
            }, fail)
          pull()
        }),
      async cancel() {
        stop()
        await puller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

function ownMemory(chunk: Uint8Array): Uint8Array {
  return chunk.buffer instanceof ArrayBuffer ? chunk : new Uint8Array(chunk)
}
