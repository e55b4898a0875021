import { type ByteSource, withSignal } from '@millrace/byte-streams'
import { ObjectStoreError } from '../errors.ts'
import { type BodyInlet, DEFAULT_HIGH_WATER_MARK, type HttpBody, createBodyInlet } from './body.ts'

/** How long an answer's headers may take, in milliseconds, when not told otherwise. */
export const DEFAULT_HEADERS_TIMEOUT_MS = 60_000

/** How long a body may stand still, in milliseconds, when not told otherwise. */
export const DEFAULT_BODY_TIMEOUT_MS = 30_000

/** What undici's dispatcher takes, as far as it is used here. */
export interface HttpDispatchOptions {
  readonly origin: string
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: AsyncIterable<Uint8Array> | Uint8Array | null
  readonly headersTimeout: number
  readonly bodyTimeout: number
}

/** The handle of a request under way, as undici gives it. */
export interface HttpController {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

/** What undici's dispatcher calls. */
export interface HttpDispatchHandler {
  onRequestStart(controller: HttpController): void
  onResponseStart(
    controller: HttpController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void
  onResponseData(controller: HttpController, chunk: Uint8Array): void
  onResponseEnd(controller: HttpController): void
  onResponseError(controller: HttpController | null, error: Error): void
}

/** An undici `Dispatcher` (Agent, Pool, Client, MockAgent, ...), by the one method that is used of it. */
export interface HttpDispatcher {
  dispatch(options: HttpDispatchOptions, handler: HttpDispatchHandler): boolean
}

/** A request for {@link sendRequest}. */
export interface HttpRequest {
  readonly origin: string
  /** Path and query as they go over the wire; nothing is normalised, so that `.` and `..` in a key stay. */
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | ByteSource
  readonly signal?: AbortSignal | undefined
  /** @default DEFAULT_HEADERS_TIMEOUT_MS */
  readonly headersTimeoutMs?: number | undefined
  /** @default DEFAULT_BODY_TIMEOUT_MS */
  readonly bodyTimeoutMs?: number | undefined
  /** @default DEFAULT_HIGH_WATER_MARK */
  readonly highWaterMark?: number | undefined
}

/** What came back. The body must be read or disposed of. */
export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; several values of a name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: HttpBody
}

/**
 * Sends one request, on undici's lowest floor: no Node stream between the socket and the reader, chunks as they were read.
 * Redirects are not followed.
 *
 * @param dispatcher - an undici dispatcher
 * @param request - see {@link HttpRequest}
 * @returns status and headers as soon as they are there; the body comes with backpressure
 * @throws {ObjectStoreError} `UNAVAILABLE` where there is no connection, it breaks, or nothing comes in time (retryable),
 *   `IO` where TLS refuses; `signal.reason` on abort; what the request's own body throws. The body of the answer throws the
 *   same.
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { sendRequest } from '@millrace/object-store/http'
 *
 * // Stands for an undici Agent.
 * const dispatcher = {
 *   dispatch({ path }, handler) {
 *     const controller = { abort() {}, pause() {}, resume() {} }
 *     handler.onRequestStart(controller)
 *     handler.onResponseStart(controller, 200, { 'x-path': path })
 *     handler.onResponseData(controller, Buffer.from('body'))
 *     handler.onResponseEnd(controller)
 *     return true
 *   },
 * }
 * const request = { origin: 'http://mill', path: '/a', method: 'GET', headers: {} }
 * const { headers, body } = await sendRequest(dispatcher, request)
 * assert.equal(headers['x-path'], '/a')
 * for await (const chunk of body) assert.equal(chunk.toString(), 'body')
 * ```
 */
export function sendRequest(dispatcher: HttpDispatcher, request: HttpRequest): Promise<HttpAnswer> {
  const { signal } = request
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    let controller: HttpController | undefined
    let inlet: BodyInlet | undefined
    let settled = false
    let sourceError: { readonly error: unknown } | undefined
    const uploading = new AbortController()

    const finish = (): void => {
      settled = true
      signal?.removeEventListener('abort', onAbort)
      // The source is closed at once, also where it is silent, or undici waits for a socket that takes no more.
      uploading.abort()
      upload?.return().catch(() => {})
    }
    const fail = (error: unknown): void => {
      if (settled) return
      finish()
      if (inlet === undefined) reject(error)
      else inlet.fail(error)
    }
    const onAbort = (): void => {
      fail(signal?.reason)
      controller?.abort(new Error('Request was aborted'))
    }
    signal?.addEventListener('abort', onAbort, { once: true })

    async function* watched(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* withSignal(source, uploading.signal)
      } catch (error) {
        if (!settled) sourceError = { error }
        throw error
      }
    }

    const { body } = request
    const upload = body === undefined || body instanceof Uint8Array ? undefined : watched(body)
    const handler: HttpDispatchHandler = {
      onRequestStart(started) {
        controller = started
        if (settled) started.abort(new Error('Request was aborted'))
      },
      onResponseStart(started, status, headers) {
        if (settled || status < 200) return
        const flow = {
          pause: () => started.pause(),
          resume: () => started.resume(),
          abort: (reason: Error) => {
            if (!settled) finish()
            started.abort(reason)
          },
        }
        inlet = createBodyInlet(flow, request.highWaterMark ?? DEFAULT_HIGH_WATER_MARK)
        resolve({ status, headers: flatten(headers), body: inlet.body })
      },
      onResponseData(_controller, chunk) {
        inlet?.push(chunk)
      },
      onResponseEnd() {
        if (!settled) finish()
        inlet?.end()
      },
      onResponseError(_controller, error) {
        fail(sourceError === undefined ? translate(error, request) : sourceError.error)
      },
    }
    try {
      dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: { ...request.headers },
          body: body instanceof Uint8Array ? body : (upload ?? null),
          headersTimeout: request.headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS,
          bodyTimeout: request.bodyTimeoutMs ?? DEFAULT_BODY_TIMEOUT_MS,
        },
        handler,
      )
    } catch (error) {
      fail(error)
    }
  })
}

function flatten(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

/** Errors of TLS say that something is wrong with the place, not with the moment. */
const LASTING = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH)/

function translate(error: Error, request: HttpRequest): ObjectStoreError {
  const { code = '' } = error as { code?: string }
  const where = `${request.method} ${request.origin}`
  if (LASTING.test(code)) {
    return new ObjectStoreError('IO', `TLS connection was refused: ${where}: ${error.message}`, {
      cause: error,
    })
  }
  const what =
    code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT'
      ? 'Nothing came in time'
      : code === 'ECONNREFUSED'
        ? 'Connection was refused'
        : code === 'ENOTFOUND'
          ? 'Host is not known'
          : 'Connection failed'
  return new ObjectStoreError('UNAVAILABLE', `${what}: ${where}: ${error.message || code}`, {
    cause: error,
    retryable: code !== 'ENOTFOUND' && !code.startsWith('UND_ERR_INVALID'),
    details: { reason: code },
  })
}
