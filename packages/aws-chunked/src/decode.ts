import { type ByteSource, type ByteStage, withSignal } from '@millrace/byte-streams'
import type { ChunkVerifier } from '@millrace/sigv4'
import { createChunkTracker } from './chunk-tracker.ts'
import { AwsChunkedError, checkSize } from './errors.ts'
import { type AwsChunkedLimits, resolveLimits } from './limits.ts'
import { type AwsChunkedMode, checkMode } from './modes.ts'
import { createTrailerChecksums } from './trailer-checksum.ts'
import { readTrailers, type Trailers, trailerNames } from './trailers.ts'

/** Options of {@link decodeAwsChunked}. */
export interface DecodeOptions {
  readonly mode: AwsChunkedMode
  /** The `x-amz-decoded-content-length` header: bytes that the body must hold, neither more nor fewer. */
  readonly decodedLength: number
  /** From `createChunkVerifier` of `@millrace/sigv4`, good for one body. Required in the signed modes only. */
  readonly verifier?: ChunkVerifier | undefined
  /** The `x-amz-trailer` header, or its names: these trailers must come, and no others. @default none */
  readonly trailer?: string | readonly string[] | undefined
  /** Receives the trailers when all else is verified, before the stream ends; may refuse by throwing. */
  readonly onTrailers?: ((trailers: Trailers) => void | Promise<void>) | undefined
  /**
   * Hash the bytes and compare with each `x-amz-checksum-...` trailer (crc32, crc32c, crc64nvme, sha1, sha256). Switch
   * it off only if `onTrailers` does so itself: without signatures the checksum is all there is.
   * @default true
   */
  readonly verifyTrailerChecksum?: boolean
  /** Bytes that every chunk but the last must have; AWS asks for {@link AWS_MIN_CHUNK_SIZE}. @default 0 */
  readonly minChunkSize?: number
  /** See `DEFAULT_LIMITS`. */
  readonly limits?: Partial<AwsChunkedLimits> | undefined
  /** On abort the stream ends with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const CR = 0x0d
const LF = 0x0a

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/**
 * Decodes an aws-chunked body as it streams; no chunk is ever gathered, and no byte copied.
 *
 * **Commit nothing before the stream has ended well.** Bytes are handed on before the signature of their chunk, the
 * trailer and the length are known (only the last piece of a chunk is held back until its signature fits). When any of
 * them is wrong the stream throws, and all that it gave before is worthless.
 *
 * @param options Mode, decoded length, verifier, trailers, limits.
 * @returns A transform, good for one body. What it yields are views on the source's chunks.
 * @throws {TypeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT` at the call: unknown mode, a verifier missing or too many.
 * @throws {RangeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT` at the call: `decodedLength` or a limit is no such number.
 * @throws {AwsChunkedError} while streaming: `IncompleteBody` (broken off, bad framing, or another length than
 *   declared), `InvalidChunkSizeError`, `InvalidRequest` (header line too long, extensions), `SignatureDoesNotMatch`,
 *   `MalformedTrailerError`, `BadDigest`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @example Decode a body without signatures
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeAwsChunked } from '@millrace/aws-chunked'
 * import { collect } from '@millrace/byte-streams'
 *
 * const wire = Buffer.from('9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n')
 * const decode = decodeAwsChunked({
 *   mode: 'unsigned-trailer',
 *   decodedLength: 9,
 *   trailer: 'x-amz-checksum-crc32',
 * })
 * assert.equal(Buffer.from(await collect(decode([wire]))).toString(), '123456789')
 * ```
 */
export function decodeAwsChunked(options: DecodeOptions): ByteStage {
  const { decodedLength, minChunkSize = 0, mode, signal } = options
  checkMode(mode, options.verifier, 'verifier')
  checkSize('decodedLength', decodedLength, 0)
  checkSize('minChunkSize', minChunkSize, 0)
  const limits = resolveLimits(options.limits)
  const settled = { ...options, verifier: options.verifier, minChunkSize, limits }
  // Without a signal there is no need for another generator in the way of each piece.
  return (source: ByteSource) =>
    decode(signal === undefined ? source : withSignal(source, signal), settled)
}

interface Settled extends DecodeOptions {
  readonly verifier: ChunkVerifier | undefined
  readonly minChunkSize: number
  readonly limits: AwsChunkedLimits
}

async function* decode(
  source: ByteSource,
  options: Settled,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { limits } = options
  const expected = trailerNames(options.trailer ?? [])
  const checksums =
    options.verifyTrailerChecksum === false ? undefined : createTrailerChecksums(expected)
  const chunks = createChunkTracker(options)
  let state: 'header' | 'data' | 'data-end' | 'trailer' = 'header'
  // A header line, or the trailer, that may lie across pieces: one character a byte.
  let text = ''
  let afterData = CR

  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      if (state === 'data') {
        const end = Math.min(piece.length, at + chunks.remaining)
        const data = at === 0 && end === piece.length ? piece : piece.subarray(at, end)
        checksums?.update(data)
        chunks.add(data)
        if (chunks.remaining === 0) state = 'data-end'
        at = end
        yield data
      } else if (state === 'data-end') {
        if (piece[at] !== afterData) throw badFraming('The data of a chunk must end in CRLF')
        at += 1
        if (afterData === LF) state = 'header'
        afterData = afterData === CR ? LF : CR
      } else if (state === 'header') {
        const newline = piece.indexOf(LF, at)
        const end = newline < 0 ? piece.length : newline + 1
        if (text.length + end - at > limits.maxHeaderBytes) {
          throw new AwsChunkedError(
            'InvalidRequest',
            `A chunk header is longer than allowed: ${limits.maxHeaderBytes} bytes`,
          )
        }
        text += textOf(piece.subarray(at, end))
        at = end
        if (newline < 0) continue
        if (!text.endsWith('\r\n')) throw badFraming('A chunk header must end in CRLF')
        state = chunks.start(text.slice(0, -2)) ? 'data' : 'trailer'
        text = ''
      } else {
        if (text.length + piece.length - at > limits.maxTrailerBytes) {
          throw new AwsChunkedError(
            'MalformedTrailerError',
            `The trailer is longer than allowed: ${limits.maxTrailerBytes} bytes`,
          )
        }
        text += textOf(piece.subarray(at))
        at = piece.length
      }
    }
  }

  if (state !== 'trailer') throw badFraming('The body ended before its last chunk')
  const trailers = readTrailers(text, { ...options, expected })
  checksums?.verify(trailers)
  await options.onTrailers?.(trailers)
}

function badFraming(message: string): AwsChunkedError {
  return new AwsChunkedError('IncompleteBody', message)
}
