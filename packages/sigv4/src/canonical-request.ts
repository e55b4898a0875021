import { formatScope, type CredentialScope } from './credentials.ts'
import { sha256Hex } from './signing-key.ts'

/** The only algorithm: the scheme of the Authorization header and the first line of each string to sign. */
export const ALGORITHM = 'AWS4-HMAC-SHA256'

/**
 * Headers in any shape that Node hands them out: `req.rawHeaders` (flat), `req.headers`, or name and value pairs.
 *
 * Values are byte strings: one character a byte, as `node:http` and `fetch` read and write them.
 */
export type HeadersInput =
  | readonly string[]
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[] | number | undefined>>

/** Lower-case names, each with all of its values in the order received. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>

function isFlat(headers: HeadersInput): headers is readonly string[] {
  return Array.isArray(headers) && (headers.length === 0 || typeof headers[0] === 'string')
}

function* pairsOf(headers: HeadersInput): Generator<readonly [string, string]> {
  if (isFlat(headers)) {
    for (let i = 0; i + 1 < headers.length; i += 2) {
      yield [headers[i] as string, headers[i + 1] as string]
    }
  } else if (Symbol.iterator in headers) {
    yield* headers as Iterable<readonly [string, string]>
  } else {
    for (const [name, value] of Object.entries(headers)) {
      if (Array.isArray(value)) for (const one of value as string[]) yield [name, one]
      else if (value !== undefined) yield [name, String(value)]
    }
  }
}

/** Gathers headers of any shape by lower-case name. */
export function gatherHeaders(headers: HeadersInput): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairsOf(headers)) {
    const key = name.toLowerCase()
    const list = values.get(key)
    if (list === undefined) values.set(key, [value])
    else list.push(value)
  }
  return values
}

// ASCII white space only: \s and trim() would eat 0xA0, the second byte of many a UTF-8 letter.
const tidy = (value: string): string => value.replace(/[\t\n\v\f\r ]+/g, ' ').replace(/^ | $/g, '')

/** What a canonical request is made of, each part already canonical but the headers. */
export interface CanonicalParts {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: HeaderValues
  /** Lower-case names in the order in which the client lists them. */
  readonly signedHeaders: readonly string[]
  readonly payloadHash: string
}

/** The canonical request: method, URI, query, signed headers, their names, payload hash. */
export function canonicalRequest(parts: CanonicalParts): string {
  const lines = [...parts.signedHeaders].sort().map((name) => {
    const values = parts.headers.get(name) ?? []
    return `${name}:${values.map(tidy).join(',')}\n`
  })
  const names = parts.signedHeaders.join(';')
  return `${parts.method}\n${parts.path}\n${parts.query}\n${lines.join('')}\n${names}\n${parts.payloadHash}`
}

/** The string to sign of a canonical request. */
export function stringToSign(canonical: string, timestamp: string, scope: CredentialScope): string {
  return `${ALGORITHM}\n${timestamp}\n${formatScope(scope)}\n${sha256Hex(canonical)}`
}
