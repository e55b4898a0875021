import { S3Error } from './errors.ts'
import { S3_LIMITS } from './limits.ts'
import type { Query } from './query.ts'
import { type RequestHeaders, headerBytes, headerOf, headerText } from './request-headers.ts'

/** Headers that are kept with an object and given back as they came. */
export interface StoredHeaders {
  readonly contentType?: string
  readonly cacheControl?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly expires?: string
}

/** Headers of one answer that the request sets in place of the stored ones (`response-...`). */
export type ResponseOverrides = StoredHeaders

/** How HTTP calls each of {@link StoredHeaders}. */
export const STORED_HEADER_NAMES: readonly (readonly [keyof StoredHeaders, string])[] = [
  ['contentType', 'content-type'],
  ['cacheControl', 'cache-control'],
  ['contentDisposition', 'content-disposition'],
  ['contentEncoding', 'content-encoding'],
  ['contentLanguage', 'content-language'],
  ['expires', 'expires'],
]

/** What to keep of a write's headers; `aws-chunked` is how the body travelled, not what it is. */
export function storedHeadersOf(headers: RequestHeaders): StoredHeaders {
  const stored: { -readonly [K in keyof StoredHeaders]: StoredHeaders[K] } = {}
  for (const [field, name] of STORED_HEADER_NAMES) {
    const value = headerOf(headers, name)
    if (value === undefined || value === '') continue
    const kept = field === 'contentEncoding' ? withoutAwsChunked(value) : headerText(value)
    if (kept !== '') stored[field] = kept
  }
  return stored
}

function withoutAwsChunked(value: string): string {
  return value
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked')
    .join(', ')
}

const PREFIX = 'x-amz-meta-'

/**
 * User metadata of a request: every `x-amz-meta-` header, without that prefix.
 *
 * @param headers - by lower-case name
 * @returns name to value; values that are UTF-8 as text
 * @throws {S3Error} `MetadataTooLarge` past 2 KiB of names and values
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { userMetadataOf } from '@millrace/s3-protocol'
 *
 * assert.deepEqual(userMetadataOf({ 'x-amz-meta-wheel': 'oak', host: 'mill' }), { wheel: 'oak' })
 * assert.throws(() => userMetadataOf({ 'x-amz-meta-a': 'x'.repeat(2048) }), { code: 'MetadataTooLarge' })
 * ```
 */
export function userMetadataOf(headers: RequestHeaders): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>
  let bytes = 0
  for (const name in headers) {
    if (!name.startsWith(PREFIX)) continue
    const value = headerOf(headers, name) ?? ''
    bytes += name.length - PREFIX.length + value.length
    metadata[name.slice(PREFIX.length)] = headerText(value)
  }
  if (bytes > S3_LIMITS.metadataBytes) {
    throw new S3Error('MetadataTooLarge', {
      details: { Size: String(bytes), MaxSizeAllowed: String(S3_LIMITS.metadataBytes) },
    })
  }
  return { ...metadata }
}

/** The `response-...` parameters of a read, or undefined. */
export function responseOverridesOf(query: Query): ResponseOverrides | undefined {
  if (query.size === 0) return undefined
  let overrides: { -readonly [K in keyof StoredHeaders]: StoredHeaders[K] } | undefined
  for (const [field, name] of STORED_HEADER_NAMES) {
    const value = query.get(`response-${name}`)
    if (value === undefined) continue
    if (/\p{Cc}/u.test(value)) {
      throw new S3Error('InvalidArgument', {
        message: `Value of response-${name} must not contain control characters`,
      })
    }
    overrides ??= {}
    overrides[field] = value
  }
  return overrides
}

/** Adds stored headers, overridden where the request says so, to a flat list of names and values. */
export function pushStoredHeaders(
  to: string[],
  stored: StoredHeaders,
  overrides: ResponseOverrides | undefined,
): void {
  to.push(
    'Content-Type',
    headerBytes(overrides?.contentType ?? stored.contentType ?? 'binary/octet-stream'),
  )
  for (let i = 1; i < STORED_HEADER_NAMES.length; i++) {
    const [field, name] = STORED_HEADER_NAMES[i] as (typeof STORED_HEADER_NAMES)[number]
    const value = overrides?.[field] ?? stored[field]
    if (value !== undefined) to.push(name, headerBytes(value))
  }
}

/** Adds user metadata to a flat list of names and values. */
export function pushMetadata(to: string[], metadata: Readonly<Record<string, string>>): void {
  for (const name in metadata) to.push(PREFIX + name, headerBytes(metadata[name] ?? ''))
}
