import { S3Error } from './errors.ts'
import { parseHttpDate } from './http-date.ts'
import { type RequestHeaders, headerOf } from './request-headers.ts'

/** Conditions on reads, RFC 9110 §13.1; ETags without quotes, a weak one with `W/` in front. */
export interface ReadConditions {
  readonly ifMatch?: readonly string[] | '*'
  readonly ifNoneMatch?: readonly string[] | '*'
  readonly ifModifiedSince?: Date
  readonly ifUnmodifiedSince?: Date
}

/** Conditions on writes: create only, or replace only what is known. */
export interface WriteConditions {
  readonly ifNoneMatch?: '*'
  readonly ifMatch?: string
}

/**
 * Splits a list of entity tags. S3's clients send them with and without quotes.
 *
 * @param text - the value of If-Match or If-None-Match
 * @returns the tags without quotes, or `*`
 * @see RFC 9110 §8.8.3 and §13.1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseEntityTags } from '@millrace/s3-protocol'
 *
 * assert.deepEqual(parseEntityTags('"a", W/"b,c", d'), ['a', 'W/b,c', 'd'])
 * assert.equal(parseEntityTags('*'), '*')
 * ```
 */
export function parseEntityTags(text: string): readonly string[] | '*' {
  if (text.trim() === '*') return '*'
  const tags: string[] = []
  for (const match of text.matchAll(/(W\/)?(?:"([^"]*)"|([^",\s]+))/g)) {
    tags.push(`${match[1] ?? ''}${match[2] ?? match[3] ?? ''}`)
  }
  return tags
}

/** The conditions of a read, or those of a copy's source with their prefix. An unreadable date is no condition (RFC 9110). */
export function readConditionsOf(
  headers: RequestHeaders,
  prefix: '' | 'x-amz-copy-source-' = '',
): ReadConditions | undefined {
  const ifMatch = headerOf(headers, `${prefix}if-match`)
  const ifNoneMatch = headerOf(headers, `${prefix}if-none-match`)
  const modified = headerOf(headers, `${prefix}if-modified-since`)
  const unmodified = headerOf(headers, `${prefix}if-unmodified-since`)
  if (
    ifMatch === undefined &&
    ifNoneMatch === undefined &&
    modified === undefined &&
    unmodified === undefined
  ) {
    return undefined
  }
  const ifModifiedSince = modified === undefined ? undefined : parseHttpDate(modified)
  const ifUnmodifiedSince = unmodified === undefined ? undefined : parseHttpDate(unmodified)
  return {
    ...(ifMatch === undefined ? {} : { ifMatch: parseEntityTags(ifMatch) }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: parseEntityTags(ifNoneMatch) }),
    ...(ifModifiedSince === undefined ? {} : { ifModifiedSince }),
    ...(ifUnmodifiedSince === undefined ? {} : { ifUnmodifiedSince }),
  }
}

/**
 * The conditions of a write. S3 knows `If-None-Match: *` and one ETag in `If-Match`, and answers 501 to all else.
 *
 * @throws {S3Error} `NotImplemented`
 */
export function writeConditionsOf(headers: RequestHeaders): WriteConditions | undefined {
  const match = headerOf(headers, 'if-match')
  const noneMatch = headerOf(headers, 'if-none-match')
  for (const name of ['if-modified-since', 'if-unmodified-since']) {
    if (headers[name] !== undefined) throw unserved(name)
  }
  if (match === undefined && noneMatch === undefined) return undefined
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== '*' || match !== undefined) throw unserved('if-none-match')
    return { ifNoneMatch: '*' }
  }
  const tags = parseEntityTags(match ?? '')
  if (tags === '*') return { ifMatch: '*' }
  const [tag] = tags
  if (tag === undefined || tags.length > 1) throw unserved('if-match')
  return { ifMatch: tag }
}

function unserved(header: string): S3Error {
  return new S3Error('NotImplemented', { details: { Header: header } })
}
