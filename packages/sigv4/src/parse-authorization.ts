import { parseAmzDate, parseDateHeader } from './amz-date.ts'
import { ALGORITHM } from './canonical-request.ts'
import { type CredentialScope, TERMINATOR } from './credentials.ts'
import { SigV4Error, type SigV4ErrorCode } from './errors.ts'
import { type PayloadMode, payloadModeOf, UNSIGNED_PAYLOAD } from './payload-mode.ts'
import { MAX_PRESIGN_EXPIRES } from './presign-url.ts'
import { type DissectedRequest, dissect, type ReceivedRequest } from './received-request.ts'
import { decodeValue } from './uri-encoding.ts'

/** The most header names that a signature may list. */
export const MAX_SIGNED_HEADERS = 128

/** A request that carries no credentials at all. */
export interface AnonymousAuthorization {
  readonly kind: 'anonymous'
}

/** A signature as the request states it: well formed, but not verified yet. */
export interface SignedAuthorization {
  readonly kind: 'header' | 'presigned'
  readonly accessKeyId: string
  readonly scope: CredentialScope
  /** Lower-case names in the order given. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** ISO 8601 basic, as it goes into the string to sign. */
  readonly timestamp: string
  /** The same in milliseconds since 1970. */
  readonly time: number
  /** Seconds for which a presigned URL is good; `undefined` in a header. */
  readonly expires: number | undefined
  readonly sessionToken: string | undefined
  /** The value of `x-amz-content-sha256`, or what stands in for it in a presigned URL. */
  readonly payloadHash: string
  readonly payloadMode: PayloadMode
}

/** What a request says about who sent it. */
export type ParsedAuthorization = AnonymousAuthorization | SignedAuthorization

type MalformedCode = Extract<
  SigV4ErrorCode,
  'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError' | 'InvalidArgument'
>

/** @internal Splits `key/yyyymmdd/region/service/aws4_request`. */
export function parseCredential(
  text: string,
  code: MalformedCode,
): { readonly accessKeyId: string; readonly scope: CredentialScope } {
  const parts = text.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts
  if (parts.length !== 5 || accessKeyId === '' || region === '' || service === '') {
    throw new SigV4Error(
      code,
      'The Credential is malformed; expecting "<access key>/YYYYMMDD/REGION/SERVICE/aws4_request"',
    )
  }
  if (!/^\d{8}$/.test(date)) {
    throw new SigV4Error(code, 'The Credential is malformed; its date must be in the form YYYYMMDD')
  }
  if (terminator !== TERMINATOR) {
    throw new SigV4Error(code, `The Credential is malformed; it must end in ${TERMINATOR}`)
  }
  return { accessKeyId, scope: { date, region, service } }
}

function parseSignedHeaders(text: string, code: MalformedCode): string[] {
  const names = text.split(';')
  if (names.length > MAX_SIGNED_HEADERS) {
    throw new SigV4Error(code, `SignedHeaders lists more than ${MAX_SIGNED_HEADERS} names`)
  }
  if (names.some((name) => !/^[a-z0-9!#$%&'*+\-.^_`|~:]+$/.test(name))) {
    throw new SigV4Error(code, 'SignedHeaders must be header names in lower case, split by ";"')
  }
  if (new Set(names).size !== names.length) {
    throw new SigV4Error(code, 'SignedHeaders lists a name twice')
  }
  return names
}

function checkScopeDate(scope: CredentialScope, timestamp: string, code: MalformedCode): void {
  if (scope.date !== timestamp.slice(0, 8)) {
    throw new SigV4Error(
      code,
      `Invalid credential date: ${scope.date} is not the day of x-amz-date: ${timestamp}`,
    )
  }
}

function single(request: DissectedRequest, name: string): string | undefined {
  const values = request.headers.get(name)
  if (values !== undefined && values.length > 1) {
    throw new SigV4Error('InvalidArgument', `The header ${name} must be given once`)
  }
  return values?.[0]?.trim()
}

function dateOf(request: DissectedRequest): { timestamp: string; time: number } {
  const amzDate = single(request, 'x-amz-date')
  const date = amzDate ?? single(request, 'date')
  const time =
    date === undefined
      ? undefined
      : amzDate === undefined
        ? parseDateHeader(date)
        : parseAmzDate(amzDate)
  if (time === undefined) {
    throw new SigV4Error(
      'AccessDenied',
      'AWS authentication requires a valid Date or x-amz-date header',
    )
  }
  return { timestamp: new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, ''), time }
}

function parseHeader(request: DissectedRequest, text: string): SignedAuthorization {
  const code = 'AuthorizationHeaderMalformed'
  const fields = new Map<string, string>()
  for (const item of text.slice(ALGORITHM.length).split(',')) {
    const match = /^\s*([A-Za-z]+)=(\S+)\s*$/.exec(item)
    if (match === null || fields.has(match[1] as string)) {
      throw new SigV4Error(
        code,
        'The authorization header is malformed; expecting Credential, SignedHeaders and Signature, each once',
      )
    }
    fields.set(match[1] as string, match[2] as string)
  }
  const [credential, names, signature] = ['Credential', 'SignedHeaders', 'Signature'].map(
    (name) => {
      const value = fields.get(name)
      if (value !== undefined) return value
      throw new SigV4Error(code, `The authorization header is malformed; missing: ${name}`)
    },
  ) as [string, string, string]
  const { accessKeyId, scope } = parseCredential(credential, code)
  const signedHeaders = parseSignedHeaders(names, code)
  const { timestamp, time } = dateOf(request)
  checkScopeDate(scope, timestamp, code)
  const payloadHash = single(request, 'x-amz-content-sha256')
  if (payloadHash === undefined) {
    throw new SigV4Error(
      'InvalidRequest',
      'Missing required header for this request: x-amz-content-sha256',
    )
  }
  return {
    kind: 'header',
    accessKeyId,
    scope,
    signedHeaders,
    signature,
    timestamp,
    time,
    expires: undefined,
    sessionToken: single(request, 'x-amz-security-token'),
    payloadHash,
    payloadMode: payloadModeOf(payloadHash),
  }
}

const QUERY_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-SignedHeaders',
  'X-Amz-Expires',
] as const

function parseExpires(text: string): number {
  const code = 'AuthorizationQueryParametersError'
  if (!/^-?\d+$/.test(text)) throw new SigV4Error(code, 'X-Amz-Expires should be a number')
  const expires = Number(text)
  if (expires < 1) throw new SigV4Error(code, 'X-Amz-Expires must be at least 1 second')
  if (expires > MAX_PRESIGN_EXPIRES) {
    throw new SigV4Error(
      code,
      `X-Amz-Expires must be at most a week, that is ${MAX_PRESIGN_EXPIRES} seconds`,
    )
  }
  return expires
}

function parsePresigned(request: DissectedRequest): SignedAuthorization {
  const code = 'AuthorizationQueryParametersError'
  const values = new Map<string, string>()
  for (const { name, value } of request.query) {
    if (!name.startsWith('X-Amz-')) continue
    if (values.has(name)) throw new SigV4Error(code, `Query parameter given twice: ${name}`)
    values.set(name, decodeValue(value))
  }
  const [algorithm, credential, signature, timestamp, names, expires] = QUERY_PARAMETERS.map(
    (name) => {
      const value = values.get(name)
      if (value !== undefined && value !== '') return value
      throw new SigV4Error(
        code,
        `Query-string authentication version 4 requires the parameters ${QUERY_PARAMETERS.join(', ')}; missing: ${name}`,
      )
    },
  ) as [string, string, string, string, string, string]
  if (algorithm === 'AWS4-ECDSA-P256-SHA256') throw signatureVersion4A()
  if (algorithm !== ALGORITHM) {
    throw new SigV4Error(code, `X-Amz-Algorithm only supports "${ALGORITHM}"`)
  }
  const { accessKeyId, scope } = parseCredential(credential, code)
  const signedHeaders = parseSignedHeaders(names, code)
  const time = parseAmzDate(timestamp)
  if (time === undefined) {
    throw new SigV4Error(
      code,
      "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    )
  }
  checkScopeDate(scope, timestamp, code)
  const payloadHash =
    values.get('X-Amz-Content-Sha256') ??
    single(request, 'x-amz-content-sha256') ??
    UNSIGNED_PAYLOAD
  return {
    kind: 'presigned',
    accessKeyId,
    scope,
    signedHeaders,
    signature,
    timestamp,
    time,
    expires: parseExpires(expires),
    sessionToken: values.get('X-Amz-Security-Token') ?? single(request, 'x-amz-security-token'),
    payloadHash,
    payloadMode: payloadModeOf(payloadHash),
  }
}

function signatureVersion4A(): SigV4Error {
  return new SigV4Error('NotImplemented', 'Signature Version 4A is not supported')
}

/** Refuses every scheme but ours, each with a word that helps its sender. */
function checkScheme(authorization: string): void {
  const scheme = /^\S*/.exec(authorization)?.[0] ?? ''
  if (scheme === ALGORITHM) return
  if (scheme === 'AWS') {
    throw new SigV4Error(
      'InvalidRequest',
      `The authorization mechanism you have provided is not supported; please use ${ALGORITHM}`,
    )
  }
  if (scheme === 'AWS4-ECDSA-P256-SHA256') throw signatureVersion4A()
  throw new SigV4Error(
    'InvalidArgument',
    `Unsupported Authorization Type; please use ${ALGORITHM}`,
    {
      ArgumentName: 'Authorization',
    },
  )
}

/** @internal */
export function authorizationOf(request: DissectedRequest): ParsedAuthorization {
  const has = (...names: readonly string[]) =>
    request.query.some(({ name }) => names.includes(name))
  const header = single(request, 'authorization')
  const presigned = has('X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature')
  const version2 = has('AWSAccessKeyId', 'Signature')
  if (Number(header !== undefined) + Number(presigned) + Number(version2) > 1) {
    throw new SigV4Error(
      'InvalidArgument',
      'Only one auth mechanism allowed; the X-Amz-Algorithm query parameter, the Signature query parameter or the Authorization header',
    )
  }
  if (version2) {
    throw new SigV4Error(
      'InvalidRequest',
      `The authorization mechanism you have provided is not supported; please use ${ALGORITHM}`,
    )
  }
  if (presigned) return parsePresigned(request)
  if (header === undefined) return { kind: 'anonymous' }
  checkScheme(header)
  return parseHeader(request, header)
}

/**
 * Recognises how a request is signed: in its header, in its query, or not at all. Checks form only, no signature.
 *
 * @param request Method, target and headers as received.
 * @returns `{ kind: 'anonymous' }`, or the stated credential, scope, signed headers, time and payload mode.
 * @throws {SigV4Error} `InvalidArgument` for several mechanisms at once or an unknown one, `InvalidRequest` for
 *   Signature Version 2, `NotImplemented` for 4A, `AuthorizationHeaderMalformed` or
 *   `AuthorizationQueryParametersError` for a bad form, `AccessDenied` for a missing date, `InvalidURI`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 * @example Let anonymous requests go their own way
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseAuthorization } from '@millrace/sigv4'
 *
 * const parsed = parseAuthorization({ method: 'GET', target: '/bucket/key', headers: ['Host', 'localhost'] })
 * assert.equal(parsed.kind, 'anonymous')
 * ```
 */
export function parseAuthorization(request: ReceivedRequest): ParsedAuthorization {
  return authorizationOf(dissect(request))
}
