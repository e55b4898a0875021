import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeAwsChunked, type Trailers } from '@millrace/aws-chunked'
import type { ByteStream } from '@millrace/byte-streams'
import { S3Error } from '@millrace/s3-protocol'
import { createChunkVerifier, type PayloadMode, payloadModeOf } from '@millrace/sigv4'
import type { Authentication } from './identity.ts'
import type { RateGuard } from './rate-guard.ts'

/** The body of a request: not read, nor asked for with 100 Continue, before an operation iterates it. */
export interface RequestBody {
  /** Bytes of the payload, without the framing of aws-chunked. */
  readonly size: number | undefined
  /** The hash that the signature covers, in lower-case hex; undefined where the payload is not signed as a whole. */
  readonly signedSha256: string | undefined
  /** What came after the payload, by lower-case name; complete when the stream has ended. */
  readonly trailers: Trailers
  /**
   * The payload, once. Signatures of chunks are verified as it streams, and so is the checksum in a trailer unless
   * `checksTrailer` says that the caller does that: nothing may be committed before the stream has ended well.
   */
  stream(options?: { readonly checksTrailer?: boolean }): ByteStream
}

const NO_TRAILERS: Trailers = new Map()

/** What {@link openBody} goes by. */
export interface OpenBodyOptions {
  readonly expectsContinue: boolean
  readonly guard: RateGuard
}

/** Opens the body of a request whose signature has been verified. */
export function openBody(
  req: IncomingMessage,
  res: ServerResponse,
  authentication: Authentication,
  options: OpenBodyOptions,
): RequestBody {
  const raw = (): ByteStream => {
    if (options.expectsContinue) res.writeContinue()
    return readRequest(req, options.guard)
  }
  const hash = authentication?.payloadHash ?? statedHash(req)
  const mode = authentication?.payloadMode ?? payloadModeOf(hash)
  if (mode !== 'hash' && mode !== 'unsigned') return chunkedBody(req, raw, mode, authentication)
  return {
    size: contentLength(req),
    signedSha256: mode === 'hash' ? hash : undefined,
    trailers: NO_TRAILERS,
    stream: raw,
  }
}

function statedHash(req: IncomingMessage): string {
  const header = req.headers['x-amz-content-sha256']
  return typeof header === 'string' ? header : 'UNSIGNED-PAYLOAD'
}

function contentLength(req: IncomingMessage): number | undefined {
  const text = req.headers['content-length']
  if (text !== undefined) return Number(text)
  return req.headers['transfer-encoding'] === undefined ? 0 : undefined
}

function chunkedBody(
  req: IncomingMessage,
  raw: () => ByteStream,
  mode: Exclude<PayloadMode, 'hash' | 'unsigned'>,
  authentication: Authentication,
): RequestBody {
  const length = req.headers['x-amz-decoded-content-length']
  if (typeof length !== 'string') throw new S3Error('MissingContentLength')
  if (!/^\d{1,15}$/.test(length)) {
    throw new S3Error('InvalidArgument', {
      message: 'x-amz-decoded-content-length must be a whole number',
    })
  }
  const announced = req.headers['x-amz-trailer']
  const trailer = typeof announced === 'string' ? announced : undefined
  // Without its trailer an unsigned body would be checked by nothing at all.
  if (trailer === undefined && mode !== 'signed') throw new S3Error('MalformedTrailerError')
  if (mode !== 'unsigned-trailer' && authentication === undefined) throw new S3Error('AccessDenied')
  const trailers = new Map<string, string>()
  return {
    size: Number(length),
    signedSha256: undefined,
    trailers,
    stream: ({ checksTrailer = false } = {}) =>
      decodeAwsChunked({
        mode,
        decodedLength: Number(length),
        trailer,
        verifier:
          mode === 'unsigned-trailer' || authentication === undefined
            ? undefined
            : createChunkVerifier(authentication),
        verifyTrailerChecksum: !checksTrailer,
        onTrailers: (received) => {
          for (const [name, value] of received) trailers.set(name, value)
        },
      })(raw()),
  }
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
