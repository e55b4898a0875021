import { ObjectStoreError } from '@millrace/object-store'
import { type HttpAnswer, type HttpDispatcher, sendRequest } from '@millrace/object-store/http'

/** Redirects followed for one request when not told otherwise. */
export const DEFAULT_MAX_REDIRECTS = 5

/** A site: it sends requests below one base URL and follows redirects safely. */
export interface Site {
  send(
    method: 'GET' | 'HEAD',
    key: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer>
}

export function createSite(
  baseUrl: string | URL,
  options: {
    readonly dispatcher: HttpDispatcher
    readonly headers: Readonly<Record<string, string>>
    readonly maxRedirects: number | undefined
    readonly headersTimeoutMs: number | undefined
    readonly bodyTimeoutMs: number | undefined
    readonly encodeKey: ((key: string) => string) | undefined
  },
): Site {
  const { dispatcher, maxRedirects = DEFAULT_MAX_REDIRECTS, encodeKey = encodePath } = options
  const base = parseBase(baseUrl)
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers)) own[name.toLowerCase()] = value
  if (base.username !== '' && own['authorization'] === undefined) {
    const user = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
    own['authorization'] = `Basic ${Buffer.from(user, 'utf8').toString('base64')}`
  }

  return {
    async send(method, key, headers, signal) {
      let origin = base.origin
      // The path goes out as it is: a key may hold `..`, which `new URL` would resolve away.
      let path = base.pathname + encodeKey(key) + base.search
      for (let hops = 0; ; hops++) {
        const answer = await sendRequest(dispatcher, {
          origin,
          path,
          method,
          headers: {
            // Ranges and lengths are of the bytes as stored, not of a compression of them.
            'accept-encoding': 'identity',
            'user-agent': 'millrace',
            ...(origin === base.origin ? own : {}),
            ...headers,
          },
          signal,
          headersTimeoutMs: options.headersTimeoutMs,
          bodyTimeoutMs: options.bodyTimeoutMs,
        })
        const { location } = answer.headers
        if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) {
          return answer
        }
        await answer.body[Symbol.asyncDispose]()
        if (hops >= maxRedirects) {
          throw new ObjectStoreError(
            'IO',
            `Server redirects more than ${maxRedirects} times: ${key}`,
          )
        }
        const next = redirectTarget(location, origin + path, key)
        origin = next.origin
        path = next.pathname + next.search
      }
    },
  }
}

function parseBase(baseUrl: string | URL): URL {
  const url = URL.canParse(baseUrl.toString()) ? new URL(baseUrl) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw Object.assign(new TypeError('Base URL must be an http or https URL'), {
      code: 'ERR_OBJECT_STORE_HTTP_INVALID_ARGUMENT',
    })
  }
  return url
}

function encodePath(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

function redirectTarget(location: string, from: string, key: string): URL {
  if (!URL.canParse(location, from)) {
    throw new ObjectStoreError('IO', `Server redirects to what is no URL: ${key}`)
  }
  const next = new URL(location, from)
  const downgrade = from.startsWith('https:') && next.protocol !== 'https:'
  if (downgrade || (next.protocol !== 'http:' && next.protocol !== 'https:')) {
    throw new ObjectStoreError('IO', `Redirect to ${next.protocol} is refused: ${key}`)
  }
  return next
}
