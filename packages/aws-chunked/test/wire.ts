import { createHash } from 'node:crypto'
import type { DecodeOptions } from '@millrace/aws-chunked'
import { decodeAwsChunked } from '@millrace/aws-chunked'
import { collect } from '@millrace/byte-streams'
import { createChunkSigner, createChunkVerifier } from '@millrace/sigv4'

export const chain = {
  signingKey: new Uint8Array(32).fill(7),
  scope: '20260101/us-east-1/s3/aws4_request',
  timestamp: '20260101T000000Z',
  seedSignature: 'ab'.repeat(32),
}

export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex')

/** Writes a signed body by hand, chunk for chunk, with whatever trailer lines are given. */
export function signedWire(chunks: readonly string[], trailers?: readonly string[]): string {
  const signer = createChunkSigner(chain)
  let wire = ''
  for (const data of [...chunks, '']) {
    const signature = signer.signChunk(sha256(data))
    wire += `${data.length.toString(16)};chunk-signature=${signature}\r\n`
    if (data !== '') wire += `${data}\r\n`
  }
  if (trailers !== undefined) {
    const signature = signer.signTrailer(trailers.map((line) => `${line}\n`).join(''))
    for (const line of [...trailers, `x-amz-trailer-signature:${signature}`]) wire += `${line}\r\n`
  }
  return `${wire}\r\n`
}

export type Options = Omit<DecodeOptions, 'verifier'>

/** Decodes text or bytes; the signed modes get a fresh verifier of {@link chain}. */
export async function decodeWire(wire: string | Uint8Array, options: Options): Promise<Buffer> {
  const bytes = typeof wire === 'string' ? Buffer.from(wire, 'latin1') : wire
  return decodePieces([bytes], options)
}

export async function decodePieces(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: Options,
): Promise<Buffer> {
  const verifier = options.mode === 'unsigned-trailer' ? undefined : createChunkVerifier(chain)
  return Buffer.from(await collect(decodeAwsChunked({ ...options, verifier })(pieces)))
}

/** The code with which decoding fails, or `accepted`. */
export async function refusal(wire: string | Uint8Array, options: Options): Promise<string> {
  return decodeWire(wire, options).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  )
}

/** Cuts bytes at the given places, taken modulo the length. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  const pieces: Uint8Array[] = []
  let start = 0
  for (const end of [...at, bytes.length]) {
    pieces.push(bytes.subarray(start, end))
    start = end
  }
  return pieces
}
