import { SigV4Error } from './errors.ts'

/** How characters past ASCII become bytes: `node:http` receives one character a byte, callers write text. */
export type Charset = 'latin1' | 'utf8'

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/

const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte)
  return UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

const encodedByte = (byte: number): string => ENCODED[byte] as string

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function invalidUri(): SigV4Error {
  return new SigV4Error('InvalidURI', 'Could not parse the specified URI: bad percent-encoding')
}

function encodeText(char: string): string {
  try {
    return encodeURIComponent(char)
  } catch (cause) {
    throw new SigV4Error('InvalidURI', 'Could not parse the specified URI', {}, { cause })
  }
}

/** Decodes and encodes again in one pass, so that every spelling of the same bytes gives the same text. */
function reencode(text: string, charset: Charset, place: 'path' | 'query'): string {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x25) {
      const high = hexDigit(text.charCodeAt(i + 1))
      const low = hexDigit(text.charCodeAt(i + 2))
      if (high < 0 || low < 0) throw invalidUri()
      out += encodedByte(high * 16 + low)
      i += 2
    } else if (code === 0x2f && place === 'path') out += '/'
    else if (code === 0x2b && place === 'query') out += '%20'
    else if (code < 0x80 || (code <= 0xff && charset === 'latin1')) out += encodedByte(code)
    else {
      const char = String.fromCodePoint(text.codePointAt(i) as number)
      out += encodeText(char)
      i += char.length - 1
    }
  }
  return out
}

/**
 * The canonical URI of S3: decoded and encoded once, `%2F` kept apart from `/`, `+` literal, nothing normalised.
 *
 * @throws {SigV4Error} `InvalidURI` for a percent sign without two hex digits.
 */
export function canonicalPath(path: string, charset: Charset): string {
  if (path === '') return '/'
  return UNRESERVED_PATH.test(path) ? path : reencode(path, charset, 'path')
}

/** One query parameter, both sides percent-encoded the canonical way. */
export interface QueryPair {
  readonly name: string
  readonly value: string
}

/**
 * Splits a raw query (without `?`) into re-encoded pairs; duplicates and order are kept. As S3 does, `+` means a space.
 *
 * @throws {SigV4Error} `InvalidURI` for a percent sign without two hex digits.
 */
export function parseQuery(query: string, charset: Charset): QueryPair[] {
  if (query === '') return []
  const encode = (text: string) => (UNRESERVED.test(text) ? text : reencode(text, charset, 'query'))
  const pairs: QueryPair[] = []
  for (const item of query.split('&')) {
    if (item === '') continue
    const equals = item.indexOf('=')
    pairs.push(
      equals < 0
        ? { name: encode(item), value: '' }
        : { name: encode(item.slice(0, equals)), value: encode(item.slice(equals + 1)) },
    )
  }
  return pairs
}

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Pairs sorted by name, then by value, joined as SigV4 wants them. */
export function canonicalQuery(pairs: readonly QueryPair[]): string {
  return [...pairs]
    .sort((a, b) => byCode(a.name, b.name) || byCode(a.value, b.value))
    .map(({ name, value }) => `${name}=${value}`)
    .join('&')
}

/** The text that a canonical value stands for. */
export function decodeValue(value: string): string {
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch (cause) {
    throw new SigV4Error('InvalidURI', 'Could not parse the specified URI', {}, { cause })
  }
}

/**
 * Percent-encodes text as SigV4 does: everything but `A-Z a-z 0-9 - . _ ~`, and `/` too unless it is kept.
 *
 * `encodeURIComponent` leaves `!'()*` as they are, which S3 clients must not do.
 *
 * @param text Text, encoded as UTF-8; an object key, for example.
 * @param options.keepSlash Leave `/` as it is, as in a path. @default false
 * @returns The encoded text.
 * @throws {SigV4Error} `InvalidURI` for a lone surrogate.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @example Encode a key for a path
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeUri } from '@millrace/sigv4'
 *
 * assert.equal(encodeUri('a b/c+(é).txt', { keepSlash: true }), 'a%20b/c%2B%28%C3%A9%29.txt')
 * ```
 */
export function encodeUri(text: string, options: { readonly keepSlash?: boolean } = {}): string {
  const encoded = encodeText(text).replace(/[!'()*]/g, (char) => encodedByte(char.charCodeAt(0)))
  return options.keepSlash === true ? encoded.replaceAll('%2F', '/') : encoded
}
