import type { ByteRange, RangeSpec } from '@millrace/range-planner'
import { ObjectStoreError } from '../errors.ts'
import type { ObjectHeaders, ObjectInfo, ReadConditions } from '../port.ts'
import { resolveObjectRange } from '../ranges.ts'
import type { HttpAnswer } from './send-request.ts'

/**
 * The `Range` header for a range (RFC 9110 §14.2).
 *
 * @param spec - half-open, as everywhere in Millrace
 * @returns the header's value, with an inclusive end
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` where the numbers make no range
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rangeHeader } from '@millrace/object-store/http'
 *
 * assert.equal(rangeHeader({ start: 0, end: 10 }), 'bytes=0-9')
 * assert.equal(rangeHeader({ suffix: 5 }), 'bytes=-5')
 * ```
 */
export function rangeHeader(spec: RangeSpec): string {
  if ('suffix' in spec) {
    if (spec.suffix !== 0) resolveObjectRange(spec, Number.MAX_SAFE_INTEGER, '')
    return `bytes=-${spec.suffix}`
  }
  resolveObjectRange(spec, Number.MAX_SAFE_INTEGER, '')
  return `bytes=${spec.start}-${spec.end === undefined ? '' : spec.end - 1}`
}

/**
 * An ETag as HTTP writes it, from the form without quotes that the port has.
 *
 * @param etag - `x`, or `W/x` for a weak one
 * @returns `"x"` or `W/"x"`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { quoteEtag } from '@millrace/object-store/http'
 *
 * assert.deepEqual([quoteEtag('x'), quoteEtag('W/x')], ['"x"', 'W/"x"'])
 * ```
 */
export function quoteEtag(etag: string): string {
  return etag.startsWith('W/') ? `W/"${etag.slice(2)}"` : `"${etag}"`
}

/**
 * An ETag as the port has it, from the form that HTTP writes.
 *
 * @param header - `"x"`, `W/"x"`, or `x` from a server that forgets the quotes
 * @returns `x` or `W/x`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { unquoteEtag } from '@millrace/object-store/http'
 *
 * assert.deepEqual([unquoteEtag('"x"'), unquoteEtag('W/"x"')], ['x', 'W/x'])
 * ```
 */
export function unquoteEtag(header: string): string {
  const match = /^(W\/)?"(.*)"$/.exec(header.trim())
  return match === null ? header.trim() : `${match[1] ?? ''}${match[2] ?? ''}`
}

/**
 * The headers of the conditions of a read (RFC 9110 §13.1).
 *
 * @param conditions - of a `get` or `head`
 * @returns `if-match`, `if-none-match`, `if-modified-since`, `if-unmodified-since`, as many as there are
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { conditionHeaders } from '@millrace/object-store/http'
 *
 * assert.deepEqual(conditionHeaders({ ifMatch: ['a', 'b'] }), { 'if-match': '"a", "b"' })
 * ```
 */
export function conditionHeaders(conditions: ReadConditions | undefined): Record<string, string> {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions ?? {}
  const list = (etags: readonly string[] | '*'): string =>
    etags === '*' ? '*' : etags.map(quoteEtag).join(', ')
  return {
    ...(ifMatch === undefined ? {} : { 'if-match': list(ifMatch) }),
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': list(ifNoneMatch) }),
    ...(ifModifiedSince === undefined
      ? {}
      : { 'if-modified-since': ifModifiedSince.toUTCString() }),
    ...(ifUnmodifiedSince === undefined
      ? {}
      : { 'if-unmodified-since': ifUnmodifiedSince.toUTCString() }),
  }
}

/** What an answer with a body turns out to hold. */
export interface AnsweredBody {
  readonly range: ByteRange
  /** Of the whole object. */
  readonly size: number
  /** Bytes that the body must have. */
  readonly length: number
}

/**
 * Checks that a 200 or 206 answers what was asked: that Content-Range is there, is the range asked for, and fits
 * Content-Length; that a server did not ignore the range.
 *
 * @param answer - of a GET
 * @param asked - the range that was asked for
 * @param key - for the messages
 * @returns what the body holds; a length that no header tells is refused
 * @throws {ObjectStoreError} `CORRUPT` for another range than asked, `NOT_SUPPORTED` with `reason: 'RANGE_IGNORED'` (and
 *   `size`) where the server sends the whole object instead, or no length
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkBodyAnswer } from '@millrace/object-store/http'
 *
 * const headers = { 'content-range': 'bytes 0-9/100', 'content-length': '10' }
 * const { range, size } = checkBodyAnswer({ status: 206, headers }, { start: 0, end: 10 }, 'key')
 * assert.deepEqual([range, size], [{ start: 0, end: 10 }, 100])
 * assert.throws(() => checkBodyAnswer({ status: 206, headers }, { start: 5, end: 10 }, 'key'), {
 *   code: 'CORRUPT',
 * })
 * ```
 */
export function checkBodyAnswer(
  answer: Pick<HttpAnswer, 'status' | 'headers'>,
  asked: RangeSpec | undefined,
  key: string,
): AnsweredBody {
  const lengthText = answer.headers['content-length']
  const length =
    lengthText !== undefined && /^\d+$/.test(lengthText) ? Number(lengthText) : undefined
  if (answer.status === 206) {
    const text = answer.headers['content-range'] ?? ''
    const match = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(text)
    if (match === null) throw corrupt(key, `answered 206 without a usable Content-Range: "${text}"`)
    const [start, last, size] = match.slice(1).map(Number) as [number, number, number]
    const range = { start, end: last + 1 }
    const wanted = resolveObjectRange(asked, size, key)
    if (range.start !== wanted.start || range.end !== wanted.end) {
      throw corrupt(
        key,
        `sent bytes ${start} to ${range.end}, not ${wanted.start} to ${wanted.end}`,
      )
    }
    if (length !== undefined && length !== range.end - start) {
      throw corrupt(key, `announced ${length} bytes for a range of ${range.end - start}`)
    }
    return { range, size, length: range.end - start }
  }
  if (length === undefined) {
    throw new ObjectStoreError(
      'NOT_SUPPORTED',
      `Server does not say how long the object is: ${key}`,
    )
  }
  const wanted = resolveObjectRange(asked, length, key)
  if (wanted.start !== 0 || wanted.end !== length) {
    throw new ObjectStoreError('NOT_SUPPORTED', `Server ignores Range: ${key}`, {
      details: { reason: 'RANGE_IGNORED', size: length },
    })
  }
  return { range: wanted, size: length, length }
}

function corrupt(key: string, what: string): ObjectStoreError {
  return new ObjectStoreError('CORRUPT', `Server ${what}: ${key}`)
}

const HEADER_NAMES: readonly (readonly [keyof ObjectHeaders, string])[] = [
  ['contentType', 'content-type'],
  ['cacheControl', 'cache-control'],
  ['contentDisposition', 'content-disposition'],
  ['contentEncoding', 'content-encoding'],
  ['contentLanguage', 'content-language'],
  ['expires', 'expires'],
]

/**
 * What the headers of a GET or HEAD say about an object.
 *
 * @param key - the object's key
 * @param headers - of the answer, names in lower case
 * @param size - of the whole object
 * @returns everything that HTTP itself tells; version "null", no metadata, no checksums
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { infoOfHeaders } from '@millrace/object-store/http'
 *
 * const info = infoOfHeaders('key', { etag: '"x"', 'content-type': 'text/plain' }, 5)
 * assert.deepEqual([info.etag, info.size, info.headers], ['x', 5, { contentType: 'text/plain' }])
 * ```
 */
export function infoOfHeaders(
  key: string,
  headers: Readonly<Record<string, string>>,
  size: number,
): ObjectInfo {
  const kept: { -readonly [K in keyof ObjectHeaders]: string } = {}
  for (const [field, name] of HEADER_NAMES) {
    const value = headers[name]
    if (value !== undefined) kept[field] = value
  }
  const modified = new Date(headers['last-modified'] ?? Number.NaN)
  return {
    key,
    size,
    etag: unquoteEtag(headers['etag'] ?? ''),
    lastModified: Number.isNaN(modified.getTime()) ? new Date(0) : modified,
    versionId: 'null',
    isLatest: true,
    headers: kept,
    metadata: {},
    checksums: [],
  }
}
