import { createHash } from 'node:crypto'
import { type ByteSource, type ByteStage, withSignal } from '@millrace/byte-streams'
import {
  createHasher,
  digestLength,
  encodeBase64,
  type Hasher,
  S3_CHECKSUMS,
  type S3ChecksumAlgorithm,
} from '@millrace/checksums'
import { type ChunkSigner, EMPTY_PAYLOAD_SHA256 } from '@millrace/sigv4'
import { AwsChunkedError, argumentError, checkSize } from './errors.ts'
import { AWS_MIN_CHUNK_SIZE } from './limits.ts'
import { type AwsChunkedMode, checkMode, isSigned } from './modes.ts'
import { TRAILER_SIGNATURE } from './trailers.ts'

/** Bytes of data in each chunk but the last: 64 KiB. */
export const DEFAULT_CHUNK_SIZE = 65_536

/** What decides the length of an encoded body. */
export interface EncodedLengthOptions {
  readonly mode: AwsChunkedMode
  /** Bytes that the source will give: the `x-amz-decoded-content-length` header. */
  readonly decodedLength: number
  /** Bytes of data in each chunk but the last, at least 8192. @default 65536 */
  readonly chunkSize?: number
  /** Hash the data and send this checksum as trailer; announce its `header` in `x-amz-trailer`. @default none */
  readonly checksum?: S3ChecksumAlgorithm | undefined
  /** Further trailers with values that are known beforehand; names in lower case. @default none */
  readonly trailers?: Readonly<Record<string, string>> | undefined
}

/** Options of {@link encodeAwsChunked}. */
export interface EncodeOptions extends EncodedLengthOptions {
  /** From `createChunkSigner` of `@millrace/sigv4`, good for one body. Required in the signed modes only. */
  readonly signer?: ChunkSigner | undefined
  /** On abort the stream ends with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

const CHUNK_SIGNATURE = ';chunk-signature='
const SIGNATURE_LENGTH = 64

interface Settled extends EncodedLengthOptions {
  readonly chunkSize: number
  /** Sorted by name; the checksum's value is still to come. */
  readonly trailers: Readonly<Record<string, string>>
}

function settle(options: EncodedLengthOptions): Settled {
  const { checksum, chunkSize = DEFAULT_CHUNK_SIZE, decodedLength, mode } = options
  checkSize('decodedLength', decodedLength, 0)
  checkSize('chunkSize', chunkSize, AWS_MIN_CHUNK_SIZE)
  const trailers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.trailers ?? {})) {
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) || name === TRAILER_SIGNATURE) {
      throw argumentError(TypeError, `Trailer must have a name in lower case: ${name}`)
    }
    if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
      throw argumentError(TypeError, `Trailer must have a value of printable ASCII: ${name}`)
    }
    trailers[name] = value
  }
  if (checksum !== undefined) {
    if (!Object.hasOwn(S3_CHECKSUMS, checksum)) {
      throw argumentError(TypeError, `Checksum must be one of S3: ${checksum}`)
    }
    trailers[S3_CHECKSUMS[checksum].header] = encodeBase64(new Uint8Array(digestLength(checksum)))
  }
  if (mode === 'signed' && Object.keys(trailers).length > 0) {
    throw argumentError(TypeError, 'Cannot send trailers in mode signed, use signed-trailer')
  }
  const sorted = Object.entries(trailers).sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...options, chunkSize, trailers: Object.fromEntries(sorted) }
}

/**
 * The length of an encoded body: its `Content-Length` header.
 *
 * @param options Mode, decoded length, chunk size, checksum, trailers, as for `encodeAwsChunked`.
 * @returns Bytes.
 * @throws {TypeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT`: unknown mode or checksum, a bad trailer, or trailers in mode
 *   signed.
 * @throws {RangeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT`: bad `decodedLength` or `chunkSize`.
 * @example AWS's own example of a chunked upload
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodedLength } from '@millrace/aws-chunked'
 *
 * assert.equal(encodedLength({ mode: 'signed', decodedLength: 66_560 }), 66_824)
 * ```
 */
export function encodedLength(options: EncodedLengthOptions): number {
  // The length is the same with any signer.
  checkMode(options.mode, isSigned(options.mode) ? true : undefined, 'signer')
  const { chunkSize, decodedLength, mode, trailers } = settle(options)
  const signature = isSigned(mode) ? CHUNK_SIGNATURE.length + SIGNATURE_LENGTH : 0
  const framed = (size: number): number => size.toString(16).length + signature + 2 + size + 2
  const last = decodedLength % chunkSize
  let length = ((decodedLength - last) / chunkSize) * framed(chunkSize)
  if (last > 0) length += framed(last)
  length += framed(0)
  for (const [name, value] of Object.entries(trailers)) length += name.length + 1 + value.length + 2
  if (mode === 'signed-trailer') length += TRAILER_SIGNATURE.length + 1 + SIGNATURE_LENGTH + 2
  return length
}

/**
 * Encodes a body as aws-chunked while it streams; data passes as it is, no byte is copied.
 *
 * A signature stands before its chunk, so in the signed modes up to `chunkSize` bytes are held (as the source's own
 * chunks) until their hash is known. Without signatures nothing is held.
 *
 * @param options Mode, decoded length, signer, checksum, trailers, chunk size.
 * @returns A transform, good for one body.
 * @throws {TypeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT` at the call: as `encodedLength`, and a signer missing or too
 *   many.
 * @throws {RangeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT` at the call: bad `decodedLength` or `chunkSize`.
 * @throws {AwsChunkedError} `IncompleteBody` while streaming, if the source gives more or fewer bytes than declared.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @example Send a checksum behind the data
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeAwsChunked } from '@millrace/aws-chunked'
 * import { collect } from '@millrace/byte-streams'
 *
 * const encode = encodeAwsChunked({ mode: 'unsigned-trailer', decodedLength: 9, checksum: 'crc32' })
 * const wire = await collect(encode([Buffer.from('123456789')]))
 * assert.equal(
 *   Buffer.from(wire).toString(),
 *   '9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n',
 * )
 * ```
 */
export function encodeAwsChunked(options: EncodeOptions): ByteStage {
  checkMode(options.mode, options.signer, 'signer')
  const { signal, signer } = options
  const settled = settle(options)
  return (source: ByteSource) =>
    encode(signal === undefined ? source : withSignal(source, signal), settled, signer)
}

async function* encode(
  source: ByteSource,
  options: Settled,
  signer: ChunkSigner | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { checksum, chunkSize, decodedLength } = options
  const hasher = checksum === undefined ? undefined : createHasher(checksum)
  // The CRLF behind a chunk's data goes out together with the header of the next.
  let between = ''
  let left = decodedLength
  let chunkLeft = 0
  let held: Uint8Array[] = []
  let hash = createHash('sha256')
  const header = (size: number, sha256: string): Uint8Array => {
    const signature = signer === undefined ? '' : CHUNK_SIGNATURE + signer.signChunk(sha256)
    const text = `${between}${size.toString(16)}${signature}\r\n`
    between = '\r\n'
    return bytesOf(text)
  }
  let size = 0
  for await (const piece of source) {
    if (piece.length > left) throw wrongLength(decodedLength, 'more')
    for (let at = 0; at < piece.length; ) {
      if (chunkLeft === 0) {
        size = Math.min(chunkSize, left)
        chunkLeft = size
        if (signer === undefined) yield header(size, '')
      }
      const end = Math.min(piece.length, at + chunkLeft)
      const data = at === 0 && end === piece.length ? piece : piece.subarray(at, end)
      hasher?.update(data)
      at = end
      left -= data.length
      chunkLeft -= data.length
      if (signer === undefined) yield data
      else {
        hash.update(data)
        held.push(data)
        if (chunkLeft === 0) {
          yield header(size, hash.digest('hex'))
          yield* held
          held = []
          hash = createHash('sha256')
        }
      }
    }
  }
  if (left > 0) throw wrongLength(decodedLength, 'fewer')
  yield header(0, EMPTY_PAYLOAD_SHA256)
  yield bytesOf(`${trailerText(options, hasher, signer)}\r\n`)
}

function wrongLength(decodedLength: number, than: 'more' | 'fewer'): AwsChunkedError {
  return new AwsChunkedError(
    'IncompleteBody',
    `Cannot encode ${than} bytes than decodedLength says: ${decodedLength}`,
  )
}

function trailerText(
  options: Settled,
  hasher: Hasher | undefined,
  signer: ChunkSigner | undefined,
): string {
  const own = hasher === undefined ? '' : `x-amz-checksum-${hasher.algorithm}`
  const lines = Object.entries(options.trailers).map(([name, value]) =>
    name === own && hasher !== undefined
      ? `${name}:${encodeBase64(hasher.digest())}`
      : `${name}:${value}`,
  )
  if (options.mode === 'signed-trailer' && signer !== undefined) {
    const signature = signer.signTrailer(lines.map((line) => `${line}\n`).join(''))
    lines.push(`${TRAILER_SIGNATURE}:${signature}`)
  }
  return lines.map((line) => `${line}\r\n`).join('')
}
