import { S3Error, invalidArgument } from './errors.ts'

/** Headers by lower-case name, as `node:http` gives them in `req.headers`. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** One header's text; several values are joined as RFC 9110 §5.3 allows. */
export function headerOf(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

/**
 * Text of a header that came as bytes: UTF-8 where it is that, else one character a byte.
 *
 * `node:http` hands out one character a byte, and clients send UTF-8.
 */
export function headerText(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value
  const bytes = Buffer.from(value, 'latin1')
  const text = bytes.toString('utf8')
  return text.includes('\ufffd') ? value : text
}

/** The other way: a text as `node:http` takes it for a header, one character a byte of UTF-8. */
export function headerBytes(text: string): string {
  if (!/[^\t\x20-\x7e]/.test(text)) return text
  return Buffer.from(text.replace(/\p{Cc}/gu, ' '), 'utf8').toString('latin1')
}

/** A number in a header or query: digits only, within bounds. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  bounds: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  if (text === undefined || text === '') return bounds.fallback
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (value < bounds.min) {
    throw invalidArgument(name, text, `Argument ${name} must be an integer from ${bounds.min} on`)
  }
  return Math.min(value, bounds.max)
}

/** A part number, which is not cut to its bounds: 10001 is an error. */
export function partNumberOf(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= 10_000) return value
  throw invalidArgument(
    'partNumber',
    text,
    'Part number must be an integer between 1 and 10000, inclusive',
  )
}

/** Base64 of exactly so many bytes, or undefined. */
export function decodeBase64(text: string, byteLength: number): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  // Buffer takes whatever looks like base64; only the exact spelling comes back the same.
  return bytes.byteLength === byteLength && bytes.toString('base64') === text ? bytes : undefined
}

/** Refuses headers that ask for what no store of this kit does: better 501 than a silent promise. */
export function refuseUnserved(headers: RequestHeaders): void {
  for (const name of UNSERVED) {
    if (headers[name] !== undefined) {
      throw new S3Error('NotImplemented', { details: { Header: name } })
    }
  }
  const storageClass = headerOf(headers, 'x-amz-storage-class')
  if (storageClass !== undefined && storageClass !== 'STANDARD') {
    throw new S3Error('InvalidStorageClass', {
      details: { StorageClassRequested: storageClass.slice(0, 64) },
    })
  }
  refuseAcl(headers)
}

/** Buckets here have no ACLs, as S3's own have none since 2023: only what changes nothing is accepted. */
export function refuseAcl(headers: RequestHeaders): void {
  const acl = headerOf(headers, 'x-amz-acl')
  const grants = GRANTS.some((name) => headers[name] !== undefined)
  if (grants || (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control')) {
    throw new S3Error('AccessControlListNotSupported')
  }
}

const GRANTS = [
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write',
  'x-amz-grant-write-acp',
]

const UNSERVED = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-context',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-server-side-encryption-customer-key-md5',
  'x-amz-copy-source-server-side-encryption-customer-algorithm',
  'x-amz-tagging',
  'x-amz-website-redirect-location',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
  'x-amz-write-offset-bytes',
]
