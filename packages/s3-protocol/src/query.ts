import { S3Error } from './errors.ts'

/** Decoded query parameters by name. No recognised parameter occurs twice. */
export type Query = ReadonlyMap<string, string>

const EMPTY: Query = new Map()
const NOT_ASCII = /[\x80-\xff]/
const EACH_NOT_ASCII = /[\x80-\xff]/g

/**
 * Decodes percent-encoded text exactly once. A character past ASCII stands for a byte, as `node:http` hands it out.
 *
 * @throws {S3Error} `InvalidURI` for a bad percent sign or bytes that are no UTF-8
 */
export function decodeOnce(text: string): string {
  const ascii = NOT_ASCII.test(text)
    ? text.replace(EACH_NOT_ASCII, (char) => `%${char.charCodeAt(0).toString(16)}`)
    : text
  if (!ascii.includes('%')) return ascii
  try {
    return decodeURIComponent(ascii)
  } catch (cause) {
    throw new S3Error('InvalidURI', { cause })
  }
}

const decodeQuery = (text: string): string =>
  decodeOnce(text.includes('+') ? text.replaceAll('+', ' ') : text)

/**
 * Parses a query string without its question mark; `+` is a space, as S3 has it.
 *
 * @throws {S3Error} `InvalidURI`, or `InvalidArgument` for a parameter that occurs twice: two readers of such a request
 *   might each believe another value
 */
export function parseQueryString(query: string): Query {
  if (query === '') return EMPTY
  const parameters = new Map<string, string>()
  for (const item of query.split('&')) {
    if (item === '') continue
    const equals = item.indexOf('=')
    const name = decodeQuery(equals < 0 ? item : item.slice(0, equals))
    if (parameters.has(name)) {
      throw new S3Error('InvalidArgument', {
        message: 'Query parameter must not occur twice',
        details: { ArgumentName: name.slice(0, 256) },
      })
    }
    parameters.set(name, equals < 0 ? '' : decodeQuery(item.slice(equals + 1)))
  }
  return parameters
}
