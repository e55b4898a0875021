import { formatAmzDate } from './amz-date.ts'
import { ALGORITHM, canonicalRequest, gatherHeaders, stringToSign } from './canonical-request.ts'
import { formatScope } from './credentials.ts'
import { argumentError } from './errors.ts'
import { payloadModeOf, UNSIGNED_PAYLOAD } from './payload-mode.ts'
import { parseTarget } from './request-target.ts'
import {
  checkCredentials,
  checkHeaderBytes,
  NEVER_SIGNED,
  type SignRequestOptions,
} from './sign-request.ts'
import { deriveSigningKey, signText } from './signing-key.ts'
import { canonicalPath, canonicalQuery, encodeUri, parseQuery } from './uri-encoding.ts'

/** The longest time for which a presigned URL may be good: seven days, in seconds. */
export const MAX_PRESIGN_EXPIRES = 604_800
/** How long a presigned URL is good when nothing is said: fifteen minutes, in seconds. */
export const DEFAULT_PRESIGN_EXPIRES = 900

/** What {@link presignUrl} signs. */
export interface PresignUrlOptions extends Omit<SignRequestOptions, 'payloadHash'> {
  /** Seconds for which the URL is good, 1 to 604800. @default 900 */
  readonly expires?: number
  /** @default 'UNSIGNED-PAYLOAD' */
  readonly payloadHash?: string
}

/**
 * Signs a request in its URL, so that anybody who holds the URL may send that request until it expires.
 *
 * Headers that are given are signed and must be sent along exactly so; `host` always is.
 *
 * @param options As for `signRequest`, with `expires` in seconds.
 * @returns The URL to use as it stands: any change breaks the signature.
 * @throws {RangeError} `ERR_SIGV4_INVALID_ARGUMENT` for `expires` outside 1 to 604800.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` for a relative URL, one that is presigned already, missing
 *   credentials or region, or a header value that cannot be sent.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @example AWS's own example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { presignUrl } from '@millrace/sigv4'
 *
 * const url = presignUrl({
 *   url: 'https://examplebucket.s3.amazonaws.com/test.txt',
 *   expires: 86400,
 *   credentials: {
 *     accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
 *     secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
 *   },
 *   region: 'us-east-1',
 *   now: Date.UTC(2013, 4, 24),
 * })
 * assert.match(url, /&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835/)
 * ```
 */
export function presignUrl(options: PresignUrlOptions): string {
  const { credentials, region, service = 's3', now = Date.now() } = options
  const { expires = DEFAULT_PRESIGN_EXPIRES, payloadHash = UNSIGNED_PAYLOAD } = options
  checkCredentials(credentials, region)
  if (!Number.isInteger(expires) || expires < 1 || expires > MAX_PRESIGN_EXPIRES) {
    throw argumentError(
      RangeError,
      `Cannot presign: expires must be an integer from 1 to ${MAX_PRESIGN_EXPIRES} seconds: ${expires}`,
    )
  }
  payloadModeOf(payloadHash)
  const target = parseTarget(options.url)
  const timestamp = formatAmzDate(now)
  const headers = gatherHeaders(options.headers ?? {})
  checkHeaderBytes(headers)
  if (!headers.has('host')) headers.set('host', [target.host])
  const signedHeaders = [...headers.keys()].filter((name) => !NEVER_SIGNED.has(name)).sort()
  const scope = { date: timestamp.slice(0, 8), region, service }
  const own: Record<string, string> = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${credentials.accessKeyId}/${formatScope(scope)}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': String(expires),
    'X-Amz-SignedHeaders': signedHeaders.join(';'),
  }
  // The verifier looks for another hash than UNSIGNED-PAYLOAD in the query, or in the signed header of that name.
  if (payloadHash !== UNSIGNED_PAYLOAD && !headers.has('x-amz-content-sha256')) {
    own['X-Amz-Content-Sha256'] = payloadHash
  }
  if (credentials.sessionToken !== undefined) {
    own['X-Amz-Security-Token'] = credentials.sessionToken
  }
  const pairs = parseQuery(target.query, 'utf8')
  if (pairs.some(({ name }) => name in own || name === 'X-Amz-Signature')) {
    throw argumentError(TypeError, 'Cannot presign: the url is presigned already')
  }
  const query = canonicalQuery([
    ...pairs,
    ...Object.entries(own).map(([name, value]) => ({ name, value: encodeUri(value) })),
  ])
  const path = canonicalPath(target.path, 'utf8')
  const canonical = canonicalRequest({
    method: options.method ?? 'GET',
    path,
    query,
    headers,
    signedHeaders,
    payloadHash: headers.get('x-amz-content-sha256')?.join(',') ?? payloadHash,
  })
  const signingKey = deriveSigningKey(credentials.secretAccessKey, scope)
  const signature = signText(signingKey, stringToSign(canonical, timestamp, scope))
  return `${target.protocol}//${target.host}${path}?${query}&X-Amz-Signature=${signature}`
}
