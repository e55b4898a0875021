import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ByteStream } from '@millrace/byte-streams'
import { S3Error } from '@millrace/s3-protocol'
import type { Authentication } from './identity.ts'
import type { RateGuard } from './rate-guard.ts'

/** The body of a request: not read, nor asked for with 100 Continue, before an operation iterates it. */
export interface RequestBody {
  /** Bytes of the payload, without the framing of aws-chunked. */
  readonly size: number | undefined
  /** The hash that the signature covers, in lower-case hex; undefined where the payload is not signed as a whole. */
  readonly signedSha256: string | undefined
  /** The payload, once. */
  stream(): ByteStream
  /** What came after the payload, by lower-case name; complete when the stream has ended. */
  readonly trailers: ReadonlyMap<string, string>
}

const NO_TRAILERS: ReadonlyMap<string, string> = new Map()

/** Opens the body of a request whose signature has been verified. */
export function openBody(
  req: IncomingMessage,
  res: ServerResponse,
  authentication: Authentication,
  options: { readonly expectsContinue: boolean; readonly guard: RateGuard },
): RequestBody {
  const mode = authentication?.payloadMode ?? 'unsigned'
  const raw = (): ByteStream => {
    if (options.expectsContinue) res.writeContinue()
    return readRequest(req, options.guard)
  }
  const length = contentLength(req)
  return {
    size: length,
    signedSha256: mode === 'hash' ? authentication?.payloadHash : undefined,
    trailers: NO_TRAILERS,
    stream: raw,
  }
}

function contentLength(req: IncomingMessage): number | undefined {
  const text = req.headers['content-length']
  if (text !== undefined) return Number(text)
  return req.headers['transfer-encoding'] === undefined ? 0 : undefined
}

async function* readRequest(
  req: IncomingMessage,
  guard: RateGuard,
): AsyncGenerator<Uint8Array, void, undefined> {
  const transfer = guard.watch(() => req.destroy(new Error('The client is too slow')))
  transfer.waiting = true
  try {
    // Leaving early must not destroy the socket: the client has yet to be told why.
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      transfer.bytes += (chunk as Uint8Array).byteLength
      transfer.waiting = false
      yield chunk as Uint8Array
      transfer.waiting = true
    }
  } catch (cause) {
    throw new S3Error('IncompleteBody', { cause })
  } finally {
    guard.release(transfer)
  }
}
