import {
  type AwsChunkedMode,
  encodeAwsChunked,
  encodedLength,
  type EncodedLengthOptions,
} from '@millrace/aws-chunked'
import { collect } from '@millrace/byte-streams'
import { createChunkSigner } from '@millrace/sigv4'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chain, cut, decodePieces, type Options } from './wire.ts'

const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const
const mode = fc.constantFrom<AwsChunkedMode>('signed', 'signed-trailer', 'unsigned-trailer')
const places = fc.array(fc.nat(), { maxLength: 12 })
const checksum = fc.constantFrom(undefined, ...ALGORITHMS)

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
}

interface Body {
  readonly wire: Uint8Array
  readonly encode: EncodedLengthOptions
  readonly decode: Options
}

async function encodeBody(
  data: Uint8Array,
  pieces: readonly number[],
  options: Omit<EncodedLengthOptions, 'decodedLength'>,
): Promise<Body> {
  const { checksum: algorithm, ...rest } = options
  const encode = {
    ...rest,
    decodedLength: data.length,
    ...(options.mode === 'signed' ? {} : { checksum: algorithm }),
  }
  const signer = options.mode === 'unsigned-trailer' ? undefined : createChunkSigner(chain)
  const wire = await collect(encodeAwsChunked({ ...encode, signer })(cut(data, pieces)))
  const trailer =
    options.mode === 'signed' || algorithm === undefined ? [] : [`x-amz-checksum-${algorithm}`]
  return { wire, encode, decode: { mode: options.mode, decodedLength: data.length, trailer } }
}

describe('aws-chunked', () => {
  test('round trip: any bytes, cut anywhere before and after', { timeout: 60_000 }, async () => {
    const sizes = fc.oneof(
      fc.constantFrom(0, 1, 8191, 8192, 8193, 16_384, 16_385),
      fc.nat({ max: 30_000 }),
    )
    await fc.assert(
      fc.asyncProperty(sizes, mode, checksum, places, places, async (size, m, algorithm, a, b) => {
        const data = bytes(size)
        const options = { mode: m, checksum: algorithm, chunkSize: 8192 }
        const { wire, encode, decode } = await encodeBody(data, a, options)
        expect(wire.length).toBe(encodedLength(encode))
        const decoded = await decodePieces(cut(wire, b), decode)
        expect(decoded.equals(data)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('byte by byte gives the same bytes', async () => {
    for (const m of ['signed', 'signed-trailer', 'unsigned-trailer'] as const) {
      const data = bytes(300)
      const { wire, decode } = await encodeBody(data, [], { mode: m, checksum: 'crc32' })
      const single = Array.from(wire, (byte) => Uint8Array.of(byte))
      expect((await decodePieces(single, decode)).equals(data)).toBe(true)
    }
  })

  test('every truncation is an error', { timeout: 60_000 }, async () => {
    for (const m of ['signed', 'signed-trailer', 'unsigned-trailer'] as const) {
      const { wire, decode } = await encodeBody(bytes(40), [], { mode: m, checksum: 'sha256' })
      for (let end = 0; end < wire.length; end++) {
        await expect(decodePieces([wire.subarray(0, end)], decode)).rejects.toMatchObject({
          name: 'AwsChunkedError',
          code: 'IncompleteBody',
        })
      }
    }
  })

  test('every flipped bit of a signed body is an error', { timeout: 60_000 }, async () => {
    for (const m of ['signed', 'signed-trailer'] as const) {
      // 34 bytes, so that no size holds a letter: its case, and that alone, means nothing.
      const { wire, decode } = await encodeBody(bytes(34), [], { mode: m, checksum: 'crc32' })
      for (let at = 0; at < wire.length; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const spoilt = Uint8Array.from(wire)
          spoilt[at] = (spoilt[at] as number) ^ (1 << bit)
          await expect(
            decodePieces([spoilt], decode),
            `byte ${at} bit ${bit}`,
          ).rejects.toMatchObject({ name: 'AwsChunkedError' })
        }
      }
    }
  })

  test('a flipped bit of unsigned data is a wrong checksum', async () => {
    const options = { mode: 'unsigned-trailer', checksum: 'crc32' } as const
    const { wire, decode } = await encodeBody(bytes(100), [], options)
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 99 }), fc.nat({ max: 7 }), async (at, bit) => {
        const spoilt = Uint8Array.from(wire)
        spoilt[at + 4] = (spoilt[at + 4] as number) ^ (1 << bit)
        await expect(decodePieces([spoilt], decode)).rejects.toMatchObject({ code: 'BadDigest' })
      }),
      { numRuns: 50 },
    )
  })
})
