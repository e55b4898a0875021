import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { S3Error, type S3ErrorCode, writeErrorXml } from '@millrace/s3-protocol'
import { connectionOf } from './connection.ts'
import { createS3Handler, type S3Handler, type S3HandlerOptions } from './handler.ts'

/** How long and how much a connection may take, in milliseconds and bytes. */
export interface ServerLimits {
  /** From a request's first byte to the end of its headers. */
  readonly headersTimeoutMs: number
  /** Without any byte either way while a request is under way. */
  readonly idleTimeoutMs: number
  /** Between two requests. */
  readonly keepAliveTimeoutMs: number
  /** All headers of a request together. */
  readonly maxHeaderBytes: number
  /** Headers of a request. */
  readonly maxHeaders: number
  /** Connections at once. */
  readonly maxConnections: number
}

/**
 * What {@link createS3Server} sets where it is not told otherwise.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { DEFAULT_SERVER_LIMITS } from '@millrace/s3-server-kit'
 *
 * for (const limit of Object.values(DEFAULT_SERVER_LIMITS)) assert.ok(Number.isFinite(limit))
 * ```
 */
export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  headersTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  maxHeaderBytes: 16_384,
  maxHeaders: 200,
  maxConnections: 10_000,
}

/**
 * Makes a `node:http` server that speaks S3, with every timeout and limit set. It does not listen yet.
 *
 * @param options - as for `createS3Handler`, and `limits` to change some of {@link DEFAULT_SERVER_LIMITS}
 * @returns the server; call `listen`
 * @throws {TypeError} `ERR_S3_SERVER_KIT_INVALID_ARGUMENT`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryRegistry } from '@millrace/object-store'
 * import { createS3Server, operationsFor } from '@millrace/s3-server-kit'
 *
 * const server = createS3Server({
 *   operations: operationsFor(createMemoryRegistry()),
 *   users: () => undefined,
 *   authorize: () => false,
 * })
 * assert.equal(server.listening, false)
 * ```
 */
export function createS3Server(
  options: S3HandlerOptions & { readonly limits?: Partial<ServerLimits> },
): Server {
  const limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits }
  const handler = createS3Handler(options)
  const server = createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    // A body may take as long as it needs while it moves: idle timeout and least rate watch over it.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    noDelay: true,
  })
  server.timeout = limits.idleTimeoutMs
  server.maxHeadersCount = limits.maxHeaders
  server.maxConnections = limits.maxConnections
  return attachS3(server, handler)
}

/**
 * Has a server answer with a handler: requests, `Expect: 100-continue` only after authentication, and S3's XML even where
 * HTTP itself is broken. Timeouts and limits stay as they are on the server.
 *
 * @param server - a `node:http` or `node:https` server
 * @param handler - from `createS3Handler`
 * @returns the same server
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createServer } from 'node:http'
 * import { attachS3 } from '@millrace/s3-server-kit'
 *
 * const server = attachS3(createServer(), (_req, res) => res.end())
 * assert.equal(server.listenerCount('checkContinue'), 1)
 * ```
 */
export function attachS3<S extends Server>(server: S, handler: S3Handler): S {
  server.on('request', (req, res) => handler(req, res))
  server.on('checkContinue', (req, res) => handler(req, res, true))
  server.on('clientError', (error: ClientError, socket: Duplex) => {
    // Behind a good request a bad one may come while the good answer is on its way: nothing may get into that.
    if (connectionOf(socket).answering > 0) socket.destroy()
    else answerClientError(error, socket)
  })
  return server
}

type ClientError = Error & { readonly code?: string }

function answerClientError(error: ClientError, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const known = new S3Error(codeOf(error.code))
  const text = writeErrorXml(known, { requestId: '0', resource: '/' })
  socket.end(
    `HTTP/1.1 ${known.status} Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    () => socket.destroy(),
  )
}

function codeOf(code: string | undefined): S3ErrorCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'RequestHeaderSectionTooLarge'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'RequestTimeout'
  return 'InvalidRequest'
}
