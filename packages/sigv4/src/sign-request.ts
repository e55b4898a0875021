import { formatAmzDate } from './amz-date.ts'
import {
  ALGORITHM,
  canonicalRequest,
  gatherHeaders,
  type HeadersInput,
  stringToSign,
} from './canonical-request.ts'
import { type Credentials, formatScope } from './credentials.ts'
import { argumentError } from './errors.ts'
import { EMPTY_PAYLOAD_SHA256, isStreaming, payloadModeOf } from './payload-mode.ts'
import { parseTarget } from './request-target.ts'
import { deriveSigningKey, signText } from './signing-key.ts'
import { canonicalPath, canonicalQuery, parseQuery } from './uri-encoding.ts'

/** Headers that are sent but not signed, because agents and proxies on the way add, change or drop them. */
export const NEVER_SIGNED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
])

/** What {@link signRequest} signs. */
export interface SignRequestOptions {
  /** The HTTP method, in upper case as it is sent. @default 'GET' */
  readonly method?: string
  /** Absolute URL, percent-encoded as it will be sent (a key's characters by `encodeUri`). Nothing is normalised. */
  readonly url: string | URL
  /** Headers that will be sent; all are signed but {@link NEVER_SIGNED}. @default {} */
  readonly headers?: HeadersInput
  /**
   * SHA-256 of the body in hex, `UNSIGNED-PAYLOAD`, or a `STREAMING-...` value.
   * @default the hash of an empty body
   */
  readonly payloadHash?: string
  readonly credentials: Credentials
  /** For example `us-east-1`. */
  readonly region: string
  /** @default 's3' */
  readonly service?: string
  /** Milliseconds since 1970. @default Date.now() */
  readonly now?: number
}

/** A signature, and what a chain of chunk signatures starts from. */
export interface SignedRequest {
  /** Headers to add to (or put over) those given: `authorization`, `host`, `x-amz-date`, ... */
  readonly headers: Readonly<Record<string, string>>
  /** 64 hex digits; the seed of the chunk chain. */
  readonly signature: string
  readonly signingKey: Uint8Array
  /** `yyyymmdd/region/service/aws4_request`. */
  readonly scope: string
  /** ISO 8601 basic, as in `x-amz-date`. */
  readonly timestamp: string
  /** What was hashed, to lay beside a server's view when they differ. */
  readonly canonicalRequest: string
}

/** @internal */
export function checkCredentials(credentials: Credentials, region: string): void {
  const { accessKeyId, secretAccessKey } = credentials
  if (!/^[^\s/,=]+$/.test(accessKeyId) || secretAccessKey === '') {
    throw argumentError(TypeError, 'Cannot sign: accessKeyId and secretAccessKey are required')
  }
  if (!/^[^\s/,]+$/.test(region)) {
    throw argumentError(TypeError, `Cannot sign: region is required: ${JSON.stringify(region)}`)
  }
}

/** @internal Header values are bytes on the wire; a letter past Latin-1 would be signed as another byte than sent. */
export function checkHeaderBytes(headers: ReadonlyMap<string, readonly string[]>): void {
  for (const [name, values] of headers) {
    if (values.some((value) => /[^\t\x20-\x7e\x80-\xff]/.test(value))) {
      throw argumentError(
        TypeError,
        `Cannot sign: header value holds a character that cannot be sent: ${name}`,
      )
    }
  }
}

/**
 * Signs a request with AWS Signature Version 4 in the Authorization header, by the rules of S3.
 *
 * The path is encoded once and never normalised, which is S3's way (other AWS services encode twice).
 *
 * @param options Method, URL, headers, payload hash, credentials, region, service, time.
 * @returns The headers to add, and the signature with its key for a chunk chain.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` for a relative URL, missing credentials or region, a header value
 *   that cannot be sent, or a streaming payload without `x-amz-decoded-content-length`.
 * @throws {SigV4Error} `InvalidArgument` for an unknown payload hash, `InvalidURI` for bad percent-encoding.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @example Sign a ranged GET (the first example of AWS's page)
 * ```ts
 * import assert from 'node:assert/strict'
 * import { signRequest } from '@millrace/sigv4'
 *
 * const signed = signRequest({
 *   url: 'https://examplebucket.s3.amazonaws.com/test.txt',
 *   headers: { range: 'bytes=0-9' },
 *   credentials: {
 *     accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
 *     secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
 *   },
 *   region: 'us-east-1',
 *   now: Date.UTC(2013, 4, 24),
 * })
 * assert.ok(signed.signature.startsWith('f0e8bdb87c964420e857bd35b5d6ed31'))
 * assert.equal(signed.headers['x-amz-date'], '20130524T000000Z')
 * ```
 */
export function signRequest(options: SignRequestOptions): SignedRequest {
  const { credentials, region, service = 's3', now = Date.now() } = options
  checkCredentials(credentials, region)
  const payloadHash = options.payloadHash ?? EMPTY_PAYLOAD_SHA256
  const mode = payloadModeOf(payloadHash)
  const target = parseTarget(options.url)
  const timestamp = formatAmzDate(now)
  const headers = gatherHeaders(options.headers ?? {})
  checkHeaderBytes(headers)
  if (isStreaming(mode) && !headers.has('x-amz-decoded-content-length')) {
    throw argumentError(
      TypeError,
      'Cannot sign: a streaming payload needs the header x-amz-decoded-content-length',
    )
  }
  const added: Record<string, string> = {
    host: headers.get('host')?.join(',') ?? target.host,
    'x-amz-date': timestamp,
  }
  // Only S3 wants the hash as a header; the official vectors of other services do not know it.
  if (service === 's3') added['x-amz-content-sha256'] = payloadHash
  if (credentials.sessionToken !== undefined) {
    added['x-amz-security-token'] = credentials.sessionToken
  }
  for (const [name, value] of Object.entries(added)) headers.set(name, [value])

  const signedHeaders = [...headers.keys()].filter((name) => !NEVER_SIGNED.has(name)).sort()
  const scope = { date: timestamp.slice(0, 8), region, service }
  const canonical = canonicalRequest({
    method: options.method ?? 'GET',
    path: canonicalPath(target.path, 'utf8'),
    query: canonicalQuery(parseQuery(target.query, 'utf8')),
    headers,
    signedHeaders,
    payloadHash,
  })
  const signingKey = deriveSigningKey(credentials.secretAccessKey, scope)
  const signature = signText(signingKey, stringToSign(canonical, timestamp, scope))
  const credential = `${credentials.accessKeyId}/${formatScope(scope)}`
  added['authorization'] =
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
  return {
    headers: added,
    signature,
    signingKey,
    scope: formatScope(scope),
    timestamp,
    canonicalRequest: canonical,
  }
}
