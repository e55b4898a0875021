import { createHash } from 'node:crypto'
import type { ByteSource } from '@millrace/byte-streams'
import type { HttpAnswer, HttpDispatcher } from '@millrace/object-store/http'
import { sendRequest } from '@millrace/object-store/http'
import { type Credentials, encodeUri, signRequest } from '@millrace/sigv4'
import { errorFrom, errorOf } from './s3-errors.ts'

/** Where credentials come from: given, or asked for before each request (they may expire). */
export type CredentialSource = Credentials | (() => Credentials | Promise<Credentials>)

/** One request to a bucket. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Undefined for the bucket itself. */
  readonly key?: string
  /** `undefined` values are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | ByteSource
  /** Of a body that is no `Uint8Array`. */
  readonly size?: number
  /** Statuses that are no error. */
  readonly expect: readonly number[]
  readonly signal?: AbortSignal | undefined
  readonly versionId?: string | undefined
}

/** A signing client for one bucket. */
export interface S3Client {
  readonly bucket: string
  /** Sends; an answer that was not expected is thrown as an error. */
  send(request: S3Request): Promise<HttpAnswer>
  /** Sends, reads the answer as text, and closes it. */
  sendForText(request: S3Request): Promise<{
    readonly text: string
    readonly answer: HttpAnswer
  }>
}

/** Options of {@link createClient}. */
export interface ClientOptions {
  readonly endpoint: URL
  readonly bucket: string
  readonly region: string
  readonly credentials: CredentialSource | undefined
  readonly dispatcher: HttpDispatcher
  readonly pathStyle: boolean
  readonly now: () => number
  readonly headersTimeoutMs: number | undefined
  readonly bodyTimeoutMs: number | undefined
}

/** Largest answer that is read as a whole: a page of 1,000 keys of 1,024 bytes, each byte escaped, and room. */
const MAX_TEXT = 16 * 1024 * 1024

/** Differences of clocks below this, in milliseconds, no server minds (it allows 15 minutes). */
const MIN_SKEW = 60_000

export function createClient(options: ClientOptions): S3Client {
  const { endpoint, bucket, region, dispatcher, pathStyle, now } = options
  const host = pathStyle ? endpoint.host : `${bucket}.${endpoint.host}`
  const origin = `${endpoint.protocol}//${host}`
  const base = endpoint.pathname.replace(/\/$/, '') + (pathStyle ? `/${encodeUri(bucket)}` : '')
  let skew = 0

  const attempt = async (request: S3Request): Promise<HttpAnswer> => {
    const path = `${base}/${request.key === undefined ? '' : encodeUri(request.key, { keepSlash: true })}`
    const query = Object.entries(request.query ?? {})
      .flatMap(([name, value]) =>
        value === undefined ? [] : [`${encodeUri(name)}=${encodeUri(`${value}`)}`],
      )
      .join('&')
    const target = query === '' ? path : `${path}?${query}`
    const { body } = request
    const small = body === undefined || body instanceof Uint8Array
    const payloadHash = small
      ? createHash('sha256')
          .update(body ?? '')
          .digest('hex')
      : 'UNSIGNED-PAYLOAD'
    const length = body instanceof Uint8Array ? body.byteLength : request.size
    const headers: Record<string, string> = { ...request.headers, host }
    if (length !== undefined) headers['content-length'] = `${length}`
    else if (request.method === 'POST' || request.method === 'PUT') headers['content-length'] = '0'
    const source = options.credentials
    const credentials = typeof source === 'function' ? await source() : source
    const signed =
      credentials === undefined
        ? {}
        : signRequest({
            method: request.method,
            url: origin + target,
            headers,
            payloadHash,
            credentials,
            region,
            now: now() + skew,
          }).headers
    return sendRequest(dispatcher, {
      origin,
      path: target,
      method: request.method,
      headers: { ...headers, ...signed },
      ...(body === undefined ? {} : { body }),
      signal: request.signal,
      headersTimeoutMs: options.headersTimeoutMs,
      bodyTimeoutMs: options.bodyTimeoutMs,
    })
  }

  const send = async (request: S3Request): Promise<HttpAnswer> => {
    const context = {
      what: `${request.method} ${bucket}${request.key === undefined ? '' : `/${request.key}`}`,
      versionId: request.versionId,
    }
    const answer = await attempt(request)
    if (request.expect.includes(answer.status)) return answer
    const error = await errorOf(answer, context)
    const serverTime = Date.parse(answer.headers['date'] ?? '')
    const difference = serverTime - now()
    const replayable = request.body === undefined || request.body instanceof Uint8Array
    if (
      error.details['s3Code'] !== 'RequestTimeTooSkewed' ||
      !replayable ||
      !(Math.abs(difference - skew) > MIN_SKEW)
    ) {
      throw error
    }
    // Our clock is wrong and the server's is the one that counts: sign again with its time, once.
    skew = difference
    const again = await attempt(request)
    if (request.expect.includes(again.status)) return again
    throw await errorOf(again, context)
  }

  return {
    bucket,
    send,
    async sendForText(request) {
      const answer = await send(request)
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of answer.body) {
        chunks.push(chunk)
        size += chunk.byteLength
        if (size > MAX_TEXT) {
          throw errorFrom(500, {}, '', { what: `answer is larger than ${MAX_TEXT} bytes` })
        }
      }
      return { text: Buffer.concat(chunks).toString('utf8'), answer }
    },
  }
}
