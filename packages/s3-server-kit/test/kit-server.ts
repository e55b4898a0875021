import { createHash } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { encodeAwsChunked, encodedLength } from '@millrace/aws-chunked'
import { collect } from '@millrace/byte-streams'
import { type BucketRegistry, createMemoryRegistry } from '@millrace/object-store'
import {
  allowOwners,
  createS3Server,
  operationsFor,
  type S3HandlerOptions,
  type ServerLimits,
  type User,
  usersOf,
} from '@millrace/s3-server-kit'
import {
  createChunkSigner,
  type PayloadMode,
  type SignedRequest,
  signRequest,
} from '@millrace/sigv4'

export const MILLER: User = {
  id: 'miller-id',
  displayName: 'Miller',
  accessKeyId: 'MILLER',
  secretAccessKey: 'grinding',
}
export const FOX: User = { id: 'fox-id', accessKeyId: 'FOX', secretAccessKey: 'sneaking' }

export const REGION = 'us-east-1'
export const PAYLOAD_MODES: readonly PayloadMode[] = [
  'hash',
  'unsigned',
  'signed',
  'signed-trailer',
  'unsigned-trailer',
]
const HASHES: Readonly<Record<Exclude<PayloadMode, 'hash'>, string>> = {
  unsigned: 'UNSIGNED-PAYLOAD',
  signed: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'signed-trailer': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  'unsigned-trailer': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly payload?: PayloadMode
  /** `null`: no signature at all. */
  readonly user?: User | null
  readonly now?: number
  /** Changes what has been signed, before it is sent. */
  readonly spoil?: ((headers: Record<string, string>, body: Uint8Array) => Uint8Array) | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
  /** The `<Code>` of an error. */
  readonly code: string | undefined
}

export interface KitServer extends AsyncDisposable {
  readonly origin: string
  readonly port: number
  readonly registry: BucketRegistry
  /** What became InternalError. */
  readonly errors: unknown[]
  send(method: string, target: string, options?: SendOptions): Promise<Answer>
  /** Sends bytes as they are and gives all that comes back until the server closes, or until `until` has come. */
  raw(bytes: string | Uint8Array, until?: string): Promise<string>
}

export type KitServerOptions = Partial<S3HandlerOptions> & {
  readonly registry?: BucketRegistry
  readonly limits?: Partial<ServerLimits>
}

export async function startKit(options: KitServerOptions = {}): Promise<KitServer> {
  const registry = options.registry ?? createMemoryRegistry()
  const errors: unknown[] = []
  const server = createS3Server({
    operations: operationsFor(registry),
    users: usersOf([MILLER, FOX]),
    authorize: allowOwners(registry),
    onError: (error) => errors.push(error),
    ...options,
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true })
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    port,
    registry,
    errors,
    send: (method, target, options = {}) => send(origin, agent, method, target, options),
    raw: (bytes, until) => sendRaw(port, bytes, until),
    async [Symbol.asyncDispose]() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyFor(
  url: string,
  method: string,
  options: SendOptions,
): Promise<{ headers: Record<string, string>; body: Uint8Array }> {
  const { payload = 'hash', user = MILLER, now } = options
  const plain = Buffer.from(options.body ?? '')
  const headers: Record<string, string> = { ...options.headers }
  const chunked = payload !== 'hash' && payload !== 'unsigned'
  if (chunked) {
    headers['content-encoding'] = 'aws-chunked'
    headers['x-amz-decoded-content-length'] ??= String(plain.byteLength)
    if (payload !== 'signed') headers['x-amz-trailer'] ??= 'x-amz-checksum-crc32'
  }
  const shape = {
    mode: payload as 'signed',
    decodedLength: plain.byteLength,
    ...(payload === 'signed' ? {} : { checksum: 'crc32' as const }),
  }
  headers['content-length'] ??= String(chunked ? encodedLength(shape) : plain.byteLength)
  const hash =
    payload === 'hash' ? createHash('sha256').update(plain).digest('hex') : HASHES[payload]
  headers['x-amz-content-sha256'] ??= hash
  if (user === null) {
    // Streamed payloads need a signature to chain to; here they are sent with one that means nothing.
    const unsigned = chunked
      ? await collect(encodeAwsChunked(withSigner(shape, undefined))([plain]))
      : plain
    return { headers, body: unsigned }
  }
  const signed = signRequest({
    method,
    url,
    headers,
    payloadHash: headers['x-amz-content-sha256'],
    credentials: user,
    region: REGION,
    ...(now === undefined ? {} : { now }),
  })
  Object.assign(headers, signed.headers)
  if (!chunked) return { headers, body: plain }
  return { headers, body: await collect(encodeAwsChunked(withSigner(shape, signed))([plain])) }
}

type Shape = {
  readonly mode: 'signed'
  readonly decodedLength: number
  readonly checksum?: 'crc32'
}

function withSigner(
  shape: Shape,
  signed: SignedRequest | undefined,
): Parameters<typeof encodeAwsChunked>[0] {
  if ((shape.mode as string) === 'unsigned-trailer') return shape
  const chain = {
    signingKey: new Uint8Array(32),
    scope: `20130524/${REGION}/s3/aws4_request`,
    timestamp: '20130524T000000Z',
    seedSignature: signed?.signature ?? '0'.repeat(64),
    ...signed,
  }
  return { ...shape, signer: createChunkSigner(chain) }
}

async function send(
  origin: string,
  agent: Agent,
  method: string,
  target: string,
  options: SendOptions,
): Promise<Answer> {
  const { headers, body } = await bodyFor(origin + target, method, options)
  const sent = options.spoil?.(headers, body) ?? body
  return new Promise((resolve, reject) => {
    const req = request(
      { agent, host: '127.0.0.1', port: new URL(origin).port, method, path: target, headers },
      (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.on('error', reject)
        res.on('end', () => {
          const body = Buffer.concat(chunks)
          const text = body.toString()
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body,
            text,
            code: /<Error><Code>([^<]+)/.exec(text)?.[1],
          })
        })
      },
    )
    req.on('error', reject)
    req.end(sent)
  })
}

function sendRaw(port: number, bytes: string | Uint8Array, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`No end within 10 s after: ${text.slice(0, 200)}`))
    }, 10_000)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (until !== undefined && text.includes(until)) socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
    socket.write(bytes)
  })
}

/** The XML text of one element. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}

/** The XML texts of every such element. */
export function elements(xml: string, name: string): string[] {
  return Array.from(xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g')), (m) => m[1] ?? '')
}
