import { argumentError } from './errors.ts'

/** Where a request goes, taken apart without any normalising: the path keeps its `//` and `/../`. */
export interface RequestTarget {
  readonly protocol: string
  /** As the Host header will have it. */
  readonly host: string
  readonly path: string
  /** Without `?`. */
  readonly query: string
}

const ABSOLUTE = /^(https?:)\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i
const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' }

/**
 * Takes a URL apart. The WHATWG parser would fold `/a/../b` in string URLs, and keys may well be called so.
 *
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` for what is no absolute http(s) URL, or holds user information.
 */
export function parseTarget(url: string | URL): RequestTarget {
  const text = typeof url === 'string' ? url : url.href
  const match = ABSOLUTE.exec(text)
  const host = match?.[2]?.toLowerCase() ?? ''
  if (match === null || host === '' || host.includes('@')) {
    throw argumentError(TypeError, 'Cannot sign: the url must be absolute, http or https, no user')
  }
  const protocol = (match[1] as string).toLowerCase()
  const port = DEFAULT_PORT[protocol] as string
  return {
    protocol,
    host: host.endsWith(port) ? host.slice(0, -port.length) : host,
    path: match[3] === '' ? '/' : (match[3] as string),
    query: match[4] ?? '',
  }
}

/** Splits a received request target (`req.url`) into raw path and raw query. */
export function splitReceivedTarget(target: string): Pick<RequestTarget, 'path' | 'query'> {
  const origin = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '')
  const mark = origin.indexOf('?')
  return mark < 0
    ? { path: origin, query: '' }
    : { path: origin.slice(0, mark), query: origin.slice(mark + 1) }
}
