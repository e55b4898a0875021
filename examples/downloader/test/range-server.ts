import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong with one request, by its number from 0. */
export type Fault =
  | 'ignore-range'
  | 'wrong-range'
  | 'no-content-range'
  | 'other-total'
  | 'flip'
  | 'forbidden'
  | 'unavailable'
  | 'not-found'
  | 'skewed'
  | 'hang'
  | { readonly reset: number }
  | { readonly short: number }
  | { readonly redirect: string }
  | { readonly change: Buffer }
  | { readonly slow: number }

export interface RangeServer extends AsyncDisposable {
  readonly origin: string
  readonly requests: {
    readonly method: string
    readonly url: string
    readonly headers: IncomingMessage['headers']
  }[]
  bytes: Buffer
  etag: 'md5' | 'none' | 'opaque'
  fault: (request: number, range: string | undefined) => Fault | undefined
}

/** A server of one object, whatever the path: ranges, If-Match, an MD5 as ETag, and faults on demand. */
export async function startRangeServer(bytes: Buffer): Promise<RangeServer> {
  const requests: RangeServer['requests'] = []
  const state = {
    bytes,
    etag: 'md5' as RangeServer['etag'],
    fault: (() => undefined) as RangeServer['fault'],
  }
  const server = createServer((request, response) => {
    const number = requests.length
    const { method = '', url = '', headers } = request
    requests.push({ method, url, headers })
    const fault = state.fault(number, headers.range)
    if (typeof fault === 'object' && 'change' in fault) state.bytes = fault.change
    answer(state, fault, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    origin: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function answer(
  { bytes, etag }: Pick<RangeServer, 'bytes' | 'etag'>,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const md5 = createHash('md5').update(bytes).digest('hex')
  const tag = etag === 'none' ? undefined : etag === 'md5' ? `"${md5}"` : '"not-a-hash"'
  const error = (status: number, code: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/xml', ...headers })
    response.end(
      `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>${code} it is.</Message></Error>`,
    )
  }
  if (fault === 'hang') return
  if (fault === 'forbidden') return error(403, 'AccessDenied')
  if (fault === 'skewed') {
    return error(403, 'RequestTimeTooSkewed', {
      date: new Date(Date.now() + 3_600_000).toUTCString(),
    })
  }
  if (fault === 'unavailable') return error(503, 'SlowDown')
  if (fault === 'not-found') return error(404, 'NoSuchKey')
  if (typeof fault === 'object' && 'redirect' in fault) {
    response.writeHead(307, { location: fault.redirect })
    response.end()
    return
  }
  const ifMatch = request.headers['if-match']
  if (ifMatch !== undefined && ifMatch !== tag) return error(412, 'PreconditionFailed')
  const match =
    fault === 'ignore-range' ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  let start = 0
  let end = bytes.length
  const headers: Record<string, string> = {
    'last-modified': new Date(0).toUTCString(),
    'accept-ranges': 'bytes',
    ...(tag === undefined ? {} : { etag: tag }),
  }
  if (match !== null) {
    start = Number(match[1])
    end = match[2] === '' ? bytes.length : Math.min(bytes.length, Number(match[2]) + 1)
    if (start >= bytes.length)
      return error(416, 'InvalidRange', { 'content-range': `bytes */${bytes.length}` })
    if (fault === 'wrong-range') {
      start += 1
      end = Math.min(bytes.length, end + 1)
    }
    const total = fault === 'other-total' ? bytes.length + 5 : bytes.length
    if (fault !== 'no-content-range')
      headers['content-range'] = `bytes ${start}-${end - 1}/${total}`
  }
  let body = bytes.subarray(start, end)
  if (fault === 'flip') {
    body = Buffer.from(body)
    body[body.length >> 1] = (body[body.length >> 1] as number) ^ 1
  }
  headers['content-length'] = `${body.length}`
  response.writeHead(match === null ? 200 : 206, headers)
  if (request.method === 'HEAD') return void response.end()
  if (typeof fault === 'object' && 'reset' in fault) {
    return void response.write(body.subarray(0, fault.reset), () =>
      response.socket?.resetAndDestroy(),
    )
  }
  if (typeof fault === 'object' && 'short' in fault) {
    return void response.write(body.subarray(0, fault.short), () => response.socket?.end())
  }
  if (typeof fault === 'object' && 'slow' in fault) {
    const timer = setInterval(() => response.write(Buffer.alloc(1)), fault.slow)
    response.on('close', () => clearInterval(timer))
    return
  }
  response.end(body)
}
