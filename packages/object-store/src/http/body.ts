import type { ByteStream } from '@millrace/byte-streams'

/** Bytes that an answer holds before it stops reading from its socket, when not told otherwise. */
export const DEFAULT_HIGH_WATER_MARK: number = 256 * 1024

/** Most bytes of an error's body that are read: S3's errors are small, and others are not worth more. */
const MAX_ERROR_BODY = 64 * 1024

/**
 * The body of an answer: read it once, or dispose of it, which closes the connection unless the body has ended. Chunks are
 * the buffers that the socket was read into, not copies.
 */
export interface HttpBody extends ByteStream, AsyncDisposable {}

/** @internal The flow control of the connection that a body comes from. */
export interface BodyFlow {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** @internal A body with the handles of the one who fills it. */
export interface BodyInlet {
  readonly body: HttpBody
  push(chunk: Uint8Array): void
  end(): void
  fail(error: unknown): void
}

interface Waiter {
  resolve(step: IteratorResult<Uint8Array, undefined>): void
  reject(error: unknown): void
}

/** @internal */
export function createBodyInlet(flow: BodyFlow, highWaterMark: number): BodyInlet {
  const queue: Uint8Array[] = []
  let queued = 0
  let paused = false
  let waiter: Waiter | undefined
  let end: { readonly error?: unknown } | undefined

  const close = (): void => {
    queue.length = 0
    queued = 0
    if (end === undefined) {
      end = {}
      flow.abort(new Error('Body was left before its end'))
    }
    waiter?.resolve({ done: true, value: undefined })
    waiter = undefined
  }

  const iterator: AsyncIterator<Uint8Array, undefined> = {
    next() {
      const chunk = queue.shift()
      if (chunk !== undefined) {
        queued -= chunk.byteLength
        if (paused && queued < highWaterMark / 2) {
          paused = false
          flow.resume()
        }
        return Promise.resolve({ done: false, value: chunk })
      }
      if (end !== undefined) {
        if (!('error' in end)) return Promise.resolve({ done: true, value: undefined })
        const { error } = end
        end = {}
        return Promise.reject(error)
      }
      return new Promise((resolve, reject) => {
        waiter = { resolve, reject }
      })
    },
    return() {
      close()
      return Promise.resolve({ done: true, value: undefined })
    },
  }

  return {
    body: {
      [Symbol.asyncIterator]: () => iterator,
      async [Symbol.asyncDispose]() {
        close()
      },
    },
    push(chunk) {
      if (end !== undefined || chunk.byteLength === 0) return
      if (waiter !== undefined) {
        waiter.resolve({ done: false, value: chunk })
        waiter = undefined
        return
      }
      queue.push(chunk)
      queued += chunk.byteLength
      if (!paused && queued >= highWaterMark) {
        paused = true
        flow.pause()
      }
    },
    end() {
      end ??= {}
      waiter?.resolve({ done: true, value: undefined })
      waiter = undefined
    },
    fail(error) {
      if (end !== undefined) return
      end = {}
      if (waiter === undefined) end = { error }
      else waiter.reject(error)
      waiter = undefined
    },
  }
}

/**
 * Reads the body of an error as text, as far as it is worth reading, and closes it.
 *
 * @param body - an answer's body
 * @returns at most 64 KiB as text; what came before the connection broke, where it did
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readErrorBody } from '@millrace/object-store/http'
 *
 * async function* body() {
 *   yield Buffer.from('<Error>')
 *   throw new Error('reset')
 * }
 * assert.equal(await readErrorBody(body()), '<Error>')
 * ```
 */
export async function readErrorBody(body: ByteStream): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size >= MAX_ERROR_BODY) break
    }
  } catch {
    // The status says what happened; a body that breaks off only says less about it.
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BODY).toString('utf8')
}
