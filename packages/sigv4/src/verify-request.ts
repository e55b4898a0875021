import { canonicalRequest, type HeaderValues, stringToSign } from './canonical-request.ts'
import { type Credentials, type CredentialScope, formatScope } from './credentials.ts'
import { argumentError, SigV4Error } from './errors.ts'
import { authorizationOf, type SignedAuthorization } from './parse-authorization.ts'
import type { PayloadMode } from './payload-mode.ts'
import { type DissectedRequest, dissect, type ReceivedRequest } from './received-request.ts'
import { deriveSigningKey, equalConstantTime, signText } from './signing-key.ts'
import { canonicalPath, canonicalQuery } from './uri-encoding.ts'

/** How far a client's clock may be off, either way: fifteen minutes, in milliseconds. */
export const DEFAULT_MAX_SKEW_MS = 900_000

/** Finds the credentials of an access key; `undefined` when there is no such key. */
export type CredentialLookup<C extends Credentials = Credentials> = (
  accessKeyId: string,
  options: { readonly signal: AbortSignal | undefined },
) => C | undefined | Promise<C | undefined>

/** What {@link verifyRequest} checks against. */
export interface VerifyOptions<C extends Credentials = Credentials> {
  /** Finds the secret of an access key. */
  readonly lookup: CredentialLookup<C>
  /** The region that scopes must name. */
  readonly region: string
  /** The service that scopes must name. @default 's3' */
  readonly service?: string
  /** Milliseconds since 1970. @default Date.now() */
  readonly now?: number
  /** How far the client's clock may be off, either way. @default 900000 */
  readonly maxSkewMs?: number
  /** Ends the wait for `lookup`. */
  readonly signal?: AbortSignal
}

/** Who sent a request, proven; and what the verification of its body goes on from. */
export interface VerifiedIdentity<C extends Credentials = Credentials> {
  readonly kind: 'header' | 'presigned'
  readonly accessKeyId: string
  /** What `lookup` gave, with whatever else it holds. */
  readonly credentials: C
  /** `yyyymmdd/region/service/aws4_request`. */
  readonly scope: string
  /** ISO 8601 basic. */
  readonly timestamp: string
  /** Lower-case names of the headers that the signature covers. */
  readonly signedHeaders: readonly string[]
  /** For the chunk chain. Not to be changed, not to be logged. */
  readonly signingKey: Uint8Array
  /** The request's own signature, which the first chunk's signature builds upon. */
  readonly seedSignature: string
  /** How the body is covered. With `hash`, compare the body's SHA-256 with `payloadHash` before committing it. */
  readonly payloadMode: PayloadMode
  readonly payloadHash: string
}

/** Stands in for the secret of an unknown key, so that the answer takes the same way and the same time. */
const DUMMY_SECRET = 'no-such-access-key-so-nobody-holds-this-secret'

/** @internal Waits for the lookup, but not past an abort. */
export async function abortable<T>(
  work: T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined || !(work instanceof Promise)) return work
  let onAbort: (() => void) | undefined
  try {
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason as Error)
      signal.addEventListener('abort', onAbort, { once: true })
      // The lookup itself may have aborted, and no event comes any more.
      if (signal.aborted) onAbort()
    })
    return await Promise.race([work, aborted])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}

/** @internal */
export function checkScope(
  scope: CredentialScope,
  region: string,
  service: string,
  code: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError' | 'InvalidArgument',
): void {
  if (scope.region !== region) {
    throw new SigV4Error(
      code,
      `The authorization is malformed; the region '${scope.region}' is wrong; expecting '${region}'`,
      { Region: region },
    )
  }
  if (scope.service !== service) {
    throw new SigV4Error(
      code,
      `The authorization is malformed; the service '${scope.service}' is wrong; expecting '${service}'`,
    )
  }
}

function checkTime(parsed: SignedAuthorization, now: number, maxSkewMs: number): void {
  const { expires, time } = parsed
  if (expires === undefined) {
    if (Math.abs(now - time) <= maxSkewMs) return
    throw new SigV4Error(
      'RequestTimeTooSkewed',
      "The difference between the request time and the server's time is too large",
      {
        RequestTime: parsed.timestamp,
        ServerTime: new Date(now).toISOString(),
        MaxAllowedSkewMilliseconds: String(maxSkewMs),
      },
    )
  }
  if (time > now + maxSkewMs) throw new SigV4Error('AccessDenied', 'Request is not valid yet')
  if (now > time + expires * 1000) {
    throw new SigV4Error('AccessDenied', 'Request has expired', {
      'X-Amz-Expires': String(expires),
      Expires: new Date(time + expires * 1000).toISOString(),
      ServerTime: new Date(now).toISOString(),
    })
  }
}

function checkSignedHeaders(request: DissectedRequest, signedHeaders: readonly string[]): void {
  const signed = new Set(signedHeaders)
  const missing = [...request.headers.keys()].filter(
    (name) => name.startsWith('x-amz-') && !signed.has(name),
  )
  if (!signed.has('host')) missing.unshift('host')
  if (missing.length > 0) {
    throw new SigV4Error(
      'AccessDenied',
      `There were headers present in the request which were not signed: ${missing.join(', ')}`,
      { HeadersNotSigned: missing.join(', ') },
    )
  }
}

/** The headers as the client saw them when it signed. */
function asSigned(headers: HeaderValues, signedHeaders: readonly string[]): HeaderValues {
  const values = new Map(headers)
  const authority = headers.get(':authority')
  if (authority !== undefined && !headers.has('host')) values.set('host', authority)
  // A proxy answers `Expect` itself and does not pass it on.
  if (signedHeaders.includes('expect') && !headers.has('expect')) {
    values.set('expect', ['100-continue'])
  }
  return values
}

/** @internal After the signature, so that nobody learns about tokens who does not know the secret. */
export function checkSessionToken(given: string | undefined, credentials: Credentials): void {
  const { sessionToken } = credentials
  if (given === undefined && sessionToken === undefined) return
  if (given === undefined) {
    throw new SigV4Error('InvalidAccessKeyId', 'These credentials need their security token')
  }
  if (sessionToken === undefined || !equalConstantTime(given, sessionToken)) {
    throw new SigV4Error('InvalidToken', 'The provided token is malformed or otherwise invalid')
  }
}

/** @internal */
export function unknownKey(accessKeyId: string): SigV4Error {
  return new SigV4Error(
    'InvalidAccessKeyId',
    'The AWS access key ID you provided does not exist in our records',
    { AWSAccessKeyId: accessKeyId },
  )
}

/** @internal The signing key of the credentials found, or one that nobody's signature matches. */
export function keyFor(credentials: Credentials | undefined, scope: CredentialScope): Uint8Array {
  return deriveSigningKey(credentials?.secretAccessKey ?? DUMMY_SECRET, scope)
}

function signatureMismatch(accessKeyId: string, text: string, signature: string): SigV4Error {
  return new SigV4Error(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided; check your key and signing method',
    { AWSAccessKeyId: accessKeyId, StringToSign: text, SignatureProvided: signature },
  )
}

/**
 * Verifies a request signed in its Authorization header or in its URL, and says who sent it.
 *
 * The signature covers the body only through `payloadMode`: the caller still compares the body's hash, decodes the
 * chunks with a chunk verifier, or checks the trailing checksum, before it commits anything.
 *
 * @param request Method, target and headers exactly as received.
 * @param options How to find secrets, and the region, service and time that must fit.
 * @returns The identity with its signing key and seed signature.
 * @throws {SigV4Error} with S3's code: `AccessDenied` (not signed at all, headers not signed, expired, no date),
 *   `SignatureDoesNotMatch`, `InvalidAccessKeyId`, `InvalidToken`, `RequestTimeTooSkewed`, and those of
 *   `parseAuthorization`.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` at the call, without region.
 * @throws `signal.reason`, itself, after an abort; and what `lookup` throws.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @example Sign, then verify
 * ```ts
 * import assert from 'node:assert/strict'
 * import { signRequest, verifyRequest } from '@millrace/sigv4'
 *
 * const credentials = { accessKeyId: 'mill', secretAccessKey: 'race' }
 * const { headers } = signRequest({ url: 'http://localhost/bucket/key', credentials, region: 'us-east-1' })
 * const identity = await verifyRequest(
 *   { method: 'GET', target: '/bucket/key', headers },
 *   { lookup: (id) => (id === 'mill' ? credentials : undefined), region: 'us-east-1' },
 * )
 * assert.equal(identity.accessKeyId, 'mill')
 * ```
 */
export function verifyRequest<C extends Credentials>(
  request: ReceivedRequest,
  options: VerifyOptions<C>,
): Promise<VerifiedIdentity<C>> {
  if (typeof options.region !== 'string' || options.region === '') {
    throw argumentError(TypeError, 'Cannot verify: region is required')
  }
  return verify(request, options)
}

async function verify<C extends Credentials>(
  request: ReceivedRequest,
  options: VerifyOptions<C>,
): Promise<VerifiedIdentity<C>> {
  const { signal, now = Date.now(), maxSkewMs = DEFAULT_MAX_SKEW_MS } = options
  signal?.throwIfAborted()
  const dissected = dissect(request)
  const parsed = authorizationOf(dissected)
  if (parsed.kind === 'anonymous') {
    throw new SigV4Error('AccessDenied', 'The request is not signed')
  }
  const { accessKeyId, scope, signedHeaders, timestamp, payloadHash } = parsed
  checkScope(
    scope,
    options.region,
    options.service ?? 's3',
    parsed.kind === 'header' ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError',
  )
  checkSignedHeaders(dissected, signedHeaders)
  checkTime(parsed, now, maxSkewMs)

  const canonical = canonicalRequest({
    method: dissected.method,
    path: canonicalPath(dissected.path, 'latin1'),
    query: canonicalQuery(dissected.query.filter(({ name }) => name !== 'X-Amz-Signature')),
    headers: asSigned(dissected.headers, signedHeaders),
    signedHeaders,
    payloadHash,
  })
  const text = stringToSign(canonical, timestamp, scope)
  const found = options.lookup(accessKeyId, { signal })
  const credentials = await abortable(found, signal)
  const signingKey = keyFor(credentials, scope)
  const matches = equalConstantTime(parsed.signature, signText(signingKey, text))
  if (credentials === undefined) throw unknownKey(accessKeyId)
  if (!matches) throw signatureMismatch(accessKeyId, text, parsed.signature)
  checkSessionToken(parsed.sessionToken, credentials)
  return {
    kind: parsed.kind,
    accessKeyId,
    credentials,
    scope: formatScope(scope),
    timestamp,
    signedHeaders,
    signingKey,
    seedSignature: parsed.signature,
    payloadMode: parsed.payloadMode,
    payloadHash,
  }
}
