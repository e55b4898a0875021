import { S3Error } from './errors.ts'
import { INPUT_READERS } from './inputs.ts'
import { S3_LIMITS } from './limits.ts'
import { checkBucketName, checkObjectKey } from './names.ts'
import type { OperationName, S3Inputs } from './operations.ts'
import { decodeOnce, parseQueryString } from './query.ts'
import type { RequestHeaders } from './request-headers.ts'
import { type Route, type Target, findRoute } from './routes.ts'

/** A request as `node:http` hands it out. */
export interface RawRequest {
  /** `req.method` */
  readonly method: string
  /** `req.url`: the request target as received. */
  readonly rawUrl: string
  /** `req.headers` */
  readonly headers: RequestHeaders
  /** The Host header. @default headers.host */
  readonly host?: string | undefined
  /** Domains under which `bucket.domain` names a bucket, in lower case. @default none: path style only */
  readonly domains?: readonly string[] | undefined
}

/** A request that has been understood. */
export type S3Request = {
  readonly [K in OperationName]: {
    readonly operation: K
    readonly route: Route
    /** Empty where the operation is the service's. */
    readonly bucket: string
    /** Empty where the operation is not an object's. Decoded once; what is authorised is what is stored. */
    readonly key: string
    readonly input: S3Inputs[K]
  }
}[OperationName]

/**
 * Understands a request: which operation, on which bucket and key, with which input. Pure, and it reads no body.
 *
 * @param request - method, target and headers exactly as received
 * @returns the operation's name and its typed input
 * @throws {S3Error} `InvalidURI`, `InvalidBucketName`, `KeyTooLongError`, `InvalidArgument`, `NotImplemented` (501) for
 *   what S3 has and the route table has not, `MethodNotAllowed` (405), and the operation's own complaints about its headers
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseS3Request } from '@millrace/s3-protocol'
 *
 * const request = parseS3Request({ method: 'GET', rawUrl: '/photos/a%20b', headers: { range: 'bytes=0-9' } })
 * assert.equal(request.operation, 'GetObject')
 * assert.equal(request.key, 'a b')
 *
 * const hosted = parseS3Request({
 *   method: 'PUT', rawUrl: '/', headers: { host: 'photos.s3.test:9000' }, domains: ['s3.test'],
 * })
 * assert.deepEqual([hosted.operation, hosted.bucket], ['CreateBucket', 'photos'])
 * ```
 */
export function parseS3Request(request: RawRequest): S3Request {
  const { method, rawUrl, headers } = request
  if (!rawUrl.startsWith('/') || rawUrl.includes('#')) throw new S3Error('InvalidURI')
  if (rawUrl.length > S3_LIMITS.targetBytes) {
    throw new S3Error('InvalidURI', { message: 'The URI that you provided is too long.' })
  }
  if (method === 'OPTIONS') throw new S3Error('AccessForbidden')
  const question = rawUrl.indexOf('?')
  const path = question < 0 ? rawUrl : rawUrl.slice(0, question)
  const { bucket, key } = namesOf(path, hostedBucket(request))
  const target: Target = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object'
  const query = parseQueryString(question < 0 ? '' : rawUrl.slice(question + 1))
  const route = findRoute(method, target, query, headers)
  const input = INPUT_READERS[route.operation]({ bucket, key, query, headers })
  return { operation: route.operation, route, bucket, key, input } as S3Request
}

function namesOf(path: string, hosted: string): { readonly bucket: string; readonly key: string } {
  let bucket = hosted
  let rest = path.slice(1)
  if (hosted === '') {
    const slash = rest.indexOf('/')
    bucket = decodeOnce(slash < 0 ? rest : rest.slice(0, slash))
    if (bucket === '' && rest !== '') throw new S3Error('InvalidBucketName')
    rest = slash < 0 ? '' : rest.slice(slash + 1)
  }
  if (bucket !== '') checkBucketName(bucket)
  return { bucket, key: rest === '' ? '' : checkObjectKey(decodeOnce(rest)) }
}

function hostedBucket({ host, headers, domains }: RawRequest): string {
  if (domains === undefined || domains.length === 0) return ''
  const given = host ?? headers.host
  if (typeof given !== 'string') return ''
  const name = given.toLowerCase().replace(/:\d+$/, '')
  for (const domain of domains) {
    if (name.endsWith(domain) && name.charCodeAt(name.length - domain.length - 1) === 0x2e) {
      return name.slice(0, -domain.length - 1)
    }
  }
  return ''
}
