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
import { ClientGoneError } from './errors.ts'
import type { S3HandlerOptions } from './handler.ts'
import { authenticate, type Authentication, type Identity, identityOf } from './identity.ts'
import type { RateGuard } from './rate-guard.ts'
import { openBody } from './request-body.ts'
import { sendResponse } from './send-response.ts'
import { toS3Error } from './store-errors.ts'
import { closesAfter, endUnread, linger } from './unread-body.ts'

/** The options of a handler with their defaults, and what its requests share. */
export interface ServeSettings {
  readonly options: S3HandlerOptions
  readonly region: string
  readonly domains: readonly string[]
  readonly now: () => number
  readonly guard: RateGuard
  readonly nextId: () => string
}

/** Answers one request: understand, authenticate, authorise, run, send. What goes wrong becomes the answer. */
export async function serveRequest(
  req: IncomingMessage,
  res: ServerResponse,
  expectsContinue: boolean,
  settings: ServeSettings,
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

function understand(req: IncomingMessage, settings: ServeSettings): S3Request {
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
  readonly settings: ServeSettings
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
