import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createS3Store, type S3Store, type S3StoreOptions } from '@millrace/object-store-s3'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** Whether the client sent all it had announced. */
  readonly complete: boolean
}

export interface Fake extends AsyncDisposable {
  readonly store: S3Store
  readonly endpoint: string
  readonly seen: Seen[]
}

/** A server whose answers are written by hand, and a store that speaks to it. */
export async function fake(
  answer: (request: Seen, response: ServerResponse) => void | Promise<void>,
  options: Partial<S3StoreOptions> = {},
): Promise<Fake> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    const record = (complete: boolean): Seen => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks),
        complete,
      }
      seen.push(one)
      return one
    }
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void answer(record(true), response))
    request.on('error', () => record(false))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const store = createS3Store({
    endpoint,
    bucket: 'bucket',
    credentials: { accessKeyId: 'AK', secretAccessKey: 'secret' },
    ...options,
  })
  return {
    store,
    endpoint,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await store.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function xmlError(response: ServerResponse, status: number, code: string, more = ''): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>It was ${code}.</Message>${more}</Error>`,
  )
}
