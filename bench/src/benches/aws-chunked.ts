import { createHash } from 'node:crypto'
import { decodeAwsChunked, encodeAwsChunked, type EncodeOptions } from '@millrace/aws-chunked'
import { createChunkSigner, createChunkVerifier } from '@millrace/sigv4'
import { type Bench, type BenchResult, interleave, mbps } from '../driver.ts'

const SIZE = 256 * 2 ** 20
/** What a socket hands out at a time. */
const PIECE = 65_536
const ROUNDS = 7

const chain = {
  signingKey: new Uint8Array(32).fill(7),
  scope: '20260101/us-east-1/s3/aws4_request',
  timestamp: '20260101T000000Z',
  seedSignature: 'ab'.repeat(32),
}

function* source(): Generator<Uint8Array> {
  const piece = new Uint8Array(PIECE).fill(97)
  for (let sent = 0; sent < SIZE; sent += PIECE) yield piece
}

async function drain(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of stream) bytes += piece.length
  return bytes
}

/** A whole encoded body, cut as a socket would cut it. */
async function wireOf(options: EncodeOptions): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = []
  for await (const part of encodeAwsChunked(options)(source())) parts.push(part)
  const whole = Buffer.concat(parts)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += PIECE) pieces.push(whole.subarray(at, at + PIECE))
  return pieces
}

/** Decoding and encoding of 64 KiB chunks, against the bare hashes that they cannot do without. */
export const bench: Bench = {
  name: 'aws-chunked',
  description: 'Decode and encode aws-chunked bodies in memory, 64 KiB chunks, one thread',
  async run(context): Promise<BenchResult> {
    const mode = 'unsigned-trailer'
    const plain = { mode, decodedLength: SIZE, checksum: 'crc32' } as const
    const trailer = 'x-amz-checksum-crc32'
    const signing = { mode: 'signed', decodedLength: SIZE } as const
    context.progress('encoding two bodies of 256 MiB')
    const signed = await wireOf({ ...signing, signer: createChunkSigner(chain) })
    const unsigned = await wireOf(plain)
    context.progress(`${ROUNDS} rounds`)
    const seconds = await interleave(
      {
        'bare sha256': () => {
          const hash = createHash('sha256')
          for (const piece of signed) hash.update(piece)
          hash.digest()
        },
        'decode signed': async () => {
          const verifier = createChunkVerifier(chain)
          await drain(decodeAwsChunked({ ...signing, verifier })(signed))
        },
        'encode signed': async () => {
          const signer = createChunkSigner(chain)
          await drain(encodeAwsChunked({ ...signing, signer })(source()))
        },
        'decode unsigned, crc32 trailer': async () => {
          await drain(decodeAwsChunked({ ...plain, trailer })(unsigned))
        },
        'encode unsigned, crc32 trailer': async () => {
          await drain(encodeAwsChunked(plain)(source()))
        },
      },
      { rounds: ROUNDS },
    )
    const rows = Object.entries(seconds).map(([what, value]) => ({
      what,
      'MB/s': mbps(SIZE, value),
    }))
    return {
      rows,
      ratios: {
        'decode signed / bare sha256': seconds['bare sha256'] / seconds['decode signed'],
        'encode signed / bare sha256': seconds['bare sha256'] / seconds['encode signed'],
        'decode unsigned GB/s': mbps(SIZE, seconds['decode unsigned, crc32 trailer']) / 1000,
      },
    }
  },
}
