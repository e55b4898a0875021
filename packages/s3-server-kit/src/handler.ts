import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authorize } from './authorize.ts'
import type { Operations } from './context.ts'
import { reportFailure } from './diagnostics.ts'
import { argumentError } from './errors.ts'
import type { UserLookup } from './identity.ts'
import { withPressure } from './pressure-guard.ts'
import { createRateGuard } from './rate-guard.ts'
import { serveRequest, type ServeSettings } from './serve-request.ts'

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
  /**
   * How many requests wait for memory that they share with others (`() => pool.waiting`). While there are any, clients that
   * are slow to read or send lose their connection, the slowest first. @default nobody ever waits
   */
  readonly pressure?: () => number
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
  const settings: ServeSettings = {
    options,
    region: options.region ?? 'us-east-1',
    domains: (options.domains ?? []).map((domain) => domain.toLowerCase()),
    now: options.now ?? Date.now,
    guard: withPressure(createRateGuard(options.minBytesPerSecond), options.pressure),
    nextId: createRequestIds(),
  }
  return function handleS3(req, res, expectsContinue = false): void {
    serveRequest(req, res, expectsContinue, settings).catch((error: unknown) => {
      // Not even the telling of an error may take the server down.
      reportFailure('', 'unknown', error)
      res.destroy()
    })
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
