import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  evaluateReadConditions,
  type ObjectStoreError,
  resolveObjectRange,
} from '@millrace/object-store'
import { conformanceTests } from '@millrace/object-store/conformance'
import { createHttpStore, type HttpStore, type HttpStoreOptions } from '@millrace/object-store-http'
import { afterEach, describe, test } from 'vitest'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function open(url: string, options: HttpStoreOptions = {}): HttpStore {
  const store = createHttpStore(url, options)
  cleanups.push(async () => store.close())
  return store
}

/** A plain web server of these objects, as RFC 9110 has it. */
function website(objects: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const lastModified = new Date(1_600_000_000_000)
  return serve((request, response) => {
    const key = decodeURIComponent((request.url ?? '').slice(1))
    const body = objects.get(key)
    if (body === undefined) return void response.writeHead(404).end('<html>nothing here</html>')
    const etags = (name: string): string[] | '*' | undefined => {
      const value = request.headers[name] as string | undefined
      return value === '*' ? '*' : value?.split(',').map((tag) => tag.trim().replaceAll('"', ''))
    }
    const date = (name: string): Date | undefined => {
      const value = request.headers[name] as string | undefined
      return value === undefined ? undefined : new Date(value)
    }
    const [ifMatch, ifNoneMatch] = [etags('if-match'), etags('if-none-match')]
    const [ifModifiedSince, ifUnmodifiedSince] = [
      date('if-modified-since'),
      date('if-unmodified-since'),
    ]
    const etag = `${body.length}-x`
    const headers = {
      etag: `"${etag}"`,
      'last-modified': lastModified.toUTCString(),
      'content-length': `${body.length}`,
    }
    try {
      evaluateReadConditions(
        { key, etag, lastModified },
        {
          ...(ifMatch === undefined ? {} : { ifMatch }),
          ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
          ...(ifModifiedSince === undefined ? {} : { ifModifiedSince }),
          ...(ifUnmodifiedSince === undefined ? {} : { ifUnmodifiedSince }),
        },
      )
    } catch (error) {
      const status = (error as ObjectStoreError).code === 'NOT_MODIFIED' ? 304 : 412
      return void response.writeHead(status, { etag: headers.etag }).end()
    }
    const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
    if (match === null || request.method === 'HEAD') {
      response.writeHead(200, headers)
      return void response.end(request.method === 'HEAD' ? undefined : body)
    }
    const spec =
      match[1] === ''
        ? { suffix: Number(match[2]) }
        : { start: Number(match[1]), ...(match[2] === '' ? {} : { end: Number(match[2]) + 1 }) }
    try {
      const { start, end } = resolveObjectRange(spec, body.length, key)
      response.writeHead(206, {
        ...headers,
        'content-range': `bytes ${start}-${end - 1}/${body.length}`,
        'content-length': `${end - start}`,
      })
      response.end(body.subarray(start, end))
    } catch {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
    }
  })
}

describe('createHttpStore() conforms', () => {
  for (const { name, run } of conformanceTests) {
    test(name, () => run(async (objects) => open(`${await website(objects)}/`)))
  }
})

describe('createHttpStore()', () => {
  test('encodes keys as a path, keeps dots, and sends the base query along', async () => {
    const urls: string[] = []
    const origin = await serve((request, response) => {
      urls.push(request.url ?? '')
      response.writeHead(200, { 'content-length': '0' }).end()
    })
    const store = open(`${origin}/base/?sig=a%2Fb`)
    await store.head('a b/../ä?#%')
    const raw = open(`${origin}/`, { encodeKey: (key) => key })
    await raw.head('a+b%20c')
    assert.deepEqual(urls, ['/base/a%20b/../%C3%A4%3F%23%25?sig=a%2Fb', '/a+b%20c'])
  })

  test('checks conditions itself where the server does not know them', async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '3', etag: '"now"' }).end('abc')
    })
    const store = open(`${origin}/`)
    await assert.rejects(store.get('k', { conditions: { ifMatch: ['before'] } }), {
      code: 'PRECONDITION_FAILED',
    })
    await assert.rejects(store.head('k', { conditions: { ifNoneMatch: ['now'] } }), {
      code: 'NOT_MODIFIED',
    })
  })

  test('follows redirects, without its headers to another origin, and not for ever', async () => {
    const seen: IncomingMessage['headers'][] = []
    const target = await serve((request, response) => {
      seen.push(request.headers)
      response.writeHead(200, { 'content-length': '3' }).end('abc')
    })
    const origin = await serve((request, response) => {
      const location =
        request.url === '/loop' ? '/loop' : request.url === '/here' ? '/there' : `${target}/x`
      if (request.url === '/there') {
        assert.equal(request.headers['x-secret'], 's')
        return void response.writeHead(200, { 'content-length': '0' }).end()
      }
      response.writeHead(302, { location }).end()
    })
    const { host } = new URL(origin)
    const store = open(`http://user:p%40ss@${host}/`, {
      headers: { 'X-Secret': 's', Cookie: 'c=1' },
    })
    await store.head('here')
    assert.equal((await store.get('away')).info.size, 3)
    assert.deepEqual(
      [
        seen[0]?.['x-secret'],
        seen[0]?.cookie,
        seen[0]?.authorization,
        seen[0]?.['accept-encoding'],
      ],
      [undefined, undefined, undefined, 'identity'],
    )
    await assert.rejects(store.head('loop'), { code: 'IO' })
    const none = open(`${origin}/`, { maxRedirects: 0 })
    await assert.rejects(none.head('away'), { code: 'IO' })
  })

  test('refuses a redirect to another protocol', async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    })
    await assert.rejects(open(`${origin}/`).get('k'), { code: 'IO' })
  })

  test.each([
    [
      'another range',
      206,
      { 'content-range': 'bytes 5-14/100', 'content-length': '10' },
      'CORRUPT',
    ],
    ['no Content-Range', 206, { 'content-length': '10' }, 'CORRUPT'],
    ['the whole object', 200, { 'content-length': '100' }, 'NOT_SUPPORTED'],
    ['no length', 200, { 'transfer-encoding': 'chunked' }, 'NOT_SUPPORTED'],
  ] as const)('an answer to a range with %s is an error', async (_name, status, headers, code) => {
    const origin = await serve((_request, response) => {
      response.writeHead(status, headers)
      response.end(
        Buffer.alloc(Number((headers as Record<string, string>)['content-length'] ?? 100)),
      )
    })
    await assert.rejects(open(`${origin}/`).get('k', { range: { start: 0, end: 10 } }), { code })
  })

  test('throws at the call for a base that is no URL of the web', () => {
    for (const url of ['nonsense', 'ftp://x/', 'file:///x']) {
      assert.throws(() => createHttpStore(url), { code: 'ERR_OBJECT_STORE_HTTP_INVALID_ARGUMENT' })
    }
  })
})
