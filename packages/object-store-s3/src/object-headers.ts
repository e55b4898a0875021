import { type Algorithm, S3_CHECKSUMS } from '@millrace/checksums'
import type {
  ObjectHeaders,
  ObjectInfo,
  StoredChecksum,
  WriteConditions,
} from '@millrace/object-store'
import { infoOfHeaders, quoteEtag } from '@millrace/object-store/http'
import { parseHttpDate } from '@millrace/s3-protocol'

const META = 'x-amz-meta-'

/** What an answer says about an object: HTTP's headers, S3's version, checksums and metadata. */
export function infoOf(
  key: string,
  headers: Readonly<Record<string, string>>,
  size: number,
  options: { readonly partial: boolean; readonly requestedVersion: string | undefined },
): ObjectInfo {
  const metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(META)) metadata[name.slice(META.length)] = decodeWords(value)
  }
  const info = infoOfHeaders(key, headers, size)
  return {
    ...info,
    etagIsMd5: isMd5(info.etag, headers),
    versionId: headers['x-amz-version-id'] ?? 'null',
    // An answer does not say; asked for without a version it is the latest.
    isLatest: options.requestedVersion === undefined || options.requestedVersion === 'null',
    metadata,
    checksums: checksumsOf(headers, options.partial && info.etag.includes('-')),
  }
}

/** An ETag is an MD5 unless the object is encrypted with a key of KMS or of the customer (S3 API, "Object"). */
function isMd5(etag: string, headers: Readonly<Record<string, string>>): boolean {
  const encryption = headers['x-amz-server-side-encryption'] ?? 'AES256'
  const customer = headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined
  return /^[0-9a-f]{32}(?:-\d{1,5})?$/.test(etag) && encryption === 'AES256' && !customer
}

/**
 * The `x-amz-checksum-*` of an answer. A range of a multipart object may carry the checksum of one part, which would be
 * taken for the object's: there only what says that it is the whole object's counts.
 */
export function checksumsOf(
  headers: Readonly<Record<string, string>>,
  maybeOfPart = false,
): StoredChecksum[] {
  const stated = headers['x-amz-checksum-type']
  return Object.values(S3_CHECKSUMS).flatMap(({ algorithm, header }): StoredChecksum[] => {
    const value = headers[header]
    if (value === undefined) return []
    const type = value.includes('-') || stated === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT'
    if (maybeOfPart && (headers['x-amz-mp-parts-count'] !== undefined || stated === undefined)) {
      return value.includes('-') ? [{ algorithm, value, type }] : []
    }
    if (type === 'COMPOSITE' && !value.includes('-')) return []
    return [{ algorithm, value, type }]
  })
}

/** The headers of a write: kept headers, metadata, checksums. */
export function writeHeaders(options: {
  readonly headers?: ObjectHeaders | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly checksums?: readonly StoredChecksum[] | undefined
}): Record<string, string> {
  const { headers = {}, metadata = {}, checksums = [] } = options
  const written: Record<string, string> = {}
  const named: readonly (readonly [string, string | undefined])[] = [
    ['content-type', headers.contentType],
    ['cache-control', headers.cacheControl],
    ['content-disposition', headers.contentDisposition],
    ['content-encoding', headers.contentEncoding],
    ['content-language', headers.contentLanguage],
    ['expires', headers.expires],
  ]
  for (const [name, value] of named) if (value !== undefined) written[name] = value
  for (const [name, value] of Object.entries(metadata)) {
    written[META + name.toLowerCase()] = encodeWord(value)
  }
  for (const { algorithm, value, type } of checksums) {
    const header = checksumHeader(algorithm)
    if (header !== undefined && type === 'FULL_OBJECT') written[header] = value
  }
  return written
}

export function checksumHeader(algorithm: Algorithm): string | undefined {
  return Object.values(S3_CHECKSUMS).find((one) => one.algorithm === algorithm)?.header
}

/** S3 gives metadata that is not ASCII as RFC 2047 encoded words, and takes it so. */
function encodeWord(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value
  return `=?UTF-8?B?${Buffer.from(value, 'utf8').toString('base64')}?=`
}

function decodeWords(value: string): string {
  return value.replace(/=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=/gi, (_, text: string) =>
    Buffer.from(text, 'base64').toString('utf8'),
  )
}

/** The answer's Date stands for Last-Modified, which a PUT is not told. */
export function dateOf(headers: Readonly<Record<string, string>>): Date {
  return parseHttpDate(headers['date'] ?? '') ?? new Date()
}

export function writeConditionHeaders(
  conditions: WriteConditions | undefined,
): Record<string, string> {
  const { ifMatch, ifNoneMatch } = conditions ?? {}
  return {
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': '*' }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch === '*' ? '*' : quoteEtag(ifMatch) }),
  }
}
