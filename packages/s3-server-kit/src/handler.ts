import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  formatS3Error,
  formatS3Response,
  parseS3Request,
  S3Error,
  type S3Outputs,
  type S3Request,
} from '@millrace/s3-protocol'
import type { Access, Authorize } from './authorize.ts'
import { connectionOf } from './connection.ts'
import type { OperationContext, Operations } from './context.ts'
import { reportFailure, reportRequest } from './diagnostics.ts'
import { argumentError, ClientGoneError } from './errors.ts'
import {
  authenticate,
  type Authentication,
  type Identity,
  identityOf,
  type UserLookup,
} from './identity.ts'
import { createRateGuard, type RateGuard } from './rate-guard.ts'
import { openBody } from './request-body.ts'
import { sendResponse } from './send-response.ts'
import { toS3Error } from './store-errors.ts'
import { closesAfter, endUnread, linger } from './unread-body.ts'

/** What {@link createS3Handler} needs to know. */
export interface S3HandlerOptions {
  /** What to answer with: `operationsFor(registry)`, with whatever you replace or leave out. */
  readonly operations: Operations
  /** Finds users by access key; without one nobody can sign. */
  readonly users: UserLookup
  /** Says who may do what. Nothing is allowed unless it says `true`; requests without credentials are asked about too. */
  readonly authorize: Authorize
  /** The region that signatures must name. @default 'us-east-1' */
  readonly region?: string
  /** Domains under which `bucket.domain` is a bucket. @default none: path style only */
  readonly domains?: readonly string[]
  /** How far a client's clock may be off, in milliseconds. @default 900000 */
  readonly maxSkewMs?: number
  /** Slowest body that is put up with, in bytes a second. @default MIN_BYTES_PER_SECOND */
  readonly minBytesPerSecond?: number
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: () => number
  /** Called with what became InternalError, or broke an answer off. @default only the diagnostics channel hears of it */
  readonly onError?: (
    error: unknown,
    request: { readonly requestId: string; readonly operation: string },
  ) => void
}

/**
 * Answers one request; never throws. `expectsContinue` is true for a request of the `checkContinue` event: then 100 Continue
 * is sent when an operation begins to read the body, that is after authentication and authorisation.
 */
export type S3Handler = (
  req: IncomingMessage,
  res: ServerResponse,
  expectsContinue?: boolean,
) => void

interface Settings {
  readonly options: S3HandlerOptions
  readonly region: string
  readonly domains: readonly string[]
  readonly now: () => number
  readonly guard: RateGuard
  readonly nextId: () => string
}

/**
 * Makes the handler that speaks S3 to `node:http`.
 *
 * @param options - operations, users, authorisation and addresses
 * @returns the handler; give it to `attachS3`, or to a server of your own
 * @throws {TypeError} `ERR_S3_SERVER_KIT_INVALID_ARGUMENT`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryRegistry } from '@millrace/object-store'
 * import { allowSigned, createS3Handler, operationsFor, usersOf } from '@millrace/s3-server-kit'
 *
 * const handler = createS3Handler({
 *   operations: operationsFor(createMemoryRegistry()),
 *   users: usersOf([{ id: 'miller', accessKeyId: 'mill', secretAccessKey: 'race' }]),
 *   authorize: allowSigned,
 * })
 * assert.equal(typeof handler, 'function')
 * ```
 */
export function createS3Handler(options: S3HandlerOptions): S3Handler {
  for (const name of ['users', 'authorize'] as const) {
    if (typeof options[name] !== 'function') {
      throw argumentError(
        `Option ${name} must be a function: there is no default that lets anybody in`,
      )
    }
  }
  if (typeof options.operations !== 'object' || options.operations === null) {
    throw argumentError('Option operations must be an object of operations')
  }
  const settings: Settings = {
    options,
    region: options.region ?? 'us-east-1',
    domains: (options.domains ?? []).map((domain) => domain.toLowerCase()),
    now: options.now ?? Date.now,
    guard: createRateGuard(options.minBytesPerSecond),
    nextId: createRequestIds(),
  }
  return function handleS3(req, res, expectsContinue = false): void {
    void serve(req, res, expectsContinue, settings)
  }
}

function createRequestIds(): () => string {
  const prefix = randomBytes(5).toString('hex').toUpperCase()
  let count = 0
  return () => {
    count = (count + 1) % 0x1000000
    return prefix + count.toString(16).toUpperCase().padStart(6, '0')
  }
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  expectsContinue: boolean,
  settings: Settings,
): Promise<void> {
  const requestId = settings.nextId()
  const head = [
    'x-amz-request-id',
    requestId,
    'X-Content-Type-Options',
    'nosniff',
    'Server',
    'Millrace',
  ]
  const connection = connectionOf(req.socket)
  connection.answering++
  let request: S3Request | undefined
  try {
    request = understand(req, settings)
    const { signal } = connection
    await answer(req, res, request, { requestId, head, expectsContinue, signal, settings })
  } catch (error) {
    await fail(req, res, error, { requestId, head, request, expectsContinue, settings })
  } finally {
    connection.answering--
    reportRequest(requestId, request, res.statusCode)
  }
}

function understand(req: IncomingMessage, settings: Settings): S3Request {
  const request = parseS3Request({
    method: req.method ?? '',
    rawUrl: req.url ?? '',
    headers: req.headers,
    domains: settings.domains,
  })
  if (settings.options.operations[request.operation] === undefined) {
    throw new S3Error('NotImplemented', {
      message: `This server does not implement ${request.operation}.`,
    })
  }
  return request
}

interface Answering {
  readonly requestId: string
  readonly head: string[]
  readonly expectsContinue: boolean
  readonly signal: AbortSignal
  readonly settings: Settings
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  request: S3Request,
  answering: Answering,
): Promise<void> {
  const { settings, requestId } = answering
  const { options, now, region } = settings
  const authentication = await authenticate(
    {
      method: req.method ?? '',
      target: req.url ?? '',
      headers: req.rawHeaders,
      authorization: req.headers.authorization,
    },
    {
      lookup: options.users,
      region,
      now: now(),
      maxSkewMs: options.maxSkewMs ?? 900_000,
    },
  )
  const identity = identityOf(authentication)
  const allows = (access: Omit<Access, 'identity'>): Promise<boolean> =>
    isAllowed(options.authorize, access, identity)
  await checkAccess(request, allows)
  const context: OperationContext = {
    requestId,
    identity,
    signal: answering.signal,
    body: bodyOf(req, res, authentication, answering),
    region,
    now,
    origin: `${'encrypted' in req.socket ? 'https' : 'http'}://${req.headers.host ?? 'localhost'}`,
    allows,
  }
  const output = await run(request, options.operations, context)
  try {
    const response = formatS3Response(request, output)
    if (closesAfter(req, answering.expectsContinue)) response.headers.push('Connection', 'close')
    await sendResponse(res, response, answering.head, settings.guard)
  } finally {
    if ('close' in output) await (output as S3Outputs['GetObject']).close?.()
  }
  if (!req.complete) endUnread(req)
}

function bodyOf(
  req: IncomingMessage,
  res: ServerResponse,
  authentication: Authentication,
  { expectsContinue, settings }: Answering,
): OperationContext['body'] {
  return openBody(req, res, authentication, { expectsContinue, guard: settings.guard })
}

type Allows = OperationContext['allows']

/** Whatever a rule in plain JavaScript returns: only `true` lets anybody in. */
async function isAllowed(
  authorize: Authorize,
  { operation, bucket, key, versionId }: Omit<Access, 'identity'>,
  identity: Identity | undefined,
): Promise<boolean> {
  const allowed: unknown = await authorize({ operation, bucket, key, versionId, identity })
  return allowed === true
}

async function checkAccess(request: S3Request, allows: Allows): Promise<void> {
  const { operation, bucket, key, input } = request
  const versionId = 'versionId' in input ? input.versionId : undefined
  if (!(await allows({ operation, bucket, key, versionId }))) throw new S3Error('AccessDenied')
  if ('source' in input && !(await allows({ operation: 'GetObject', ...input.source }))) {
    throw new S3Error('AccessDenied')
  }
}

function run(
  request: S3Request,
  operations: Operations,
  context: OperationContext,
): Promise<S3Outputs[S3Request['operation']]> {
  const operation = operations[request.operation] as (
    input: unknown,
    context: OperationContext,
  ) => Promise<S3Outputs[S3Request['operation']]>
  return operation(request.input, context)
}

async function fail(
  req: IncomingMessage,
  res: ServerResponse,
  thrown: unknown,
  failing: Omit<Answering, 'signal'> & { readonly request: S3Request | undefined },
): Promise<void> {
  const { request, requestId, settings } = failing
  const error = toS3Error(thrown, { bucket: request?.bucket ?? '', key: request?.key ?? '' })
  const internal =
    !(error instanceof S3Error) || error.status === 500 || (res.headersSent && !res.writableEnded)
  if (internal && !(thrown instanceof ClientGoneError)) {
    const operation = request?.operation ?? 'unknown'
    reportFailure(requestId, operation, thrown)
    settings.options.onError?.(thrown, { requestId, operation })
  }
  if (res.headersSent || res.destroyed) {
    // A body that was begun must never seem to have ended well.
    if (!res.writableEnded) res.destroy()
    return
  }
  const response = formatS3Error(error, {
    requestId,
    resource: (req.url ?? '').split('?', 1)[0] ?? '',
    method: req.method ?? '',
  })
  const closes = closesAfter(req, failing.expectsContinue)
  response.headers.push(...failing.head)
  if (closes) response.headers.push('Connection', 'close')
  res.writeHead(response.status, response.headers)
  if (!closes) {
    res.end(response.text)
    if (!req.complete) endUnread(req)
    return
  }
  if (response.text === undefined) res.flushHeaders()
  else res.write(response.text)
  await linger(req)
  res.end()
}
