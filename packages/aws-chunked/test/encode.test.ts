import { DEFAULT_CHUNK_SIZE, encodeAwsChunked, encodedLength } from '@millrace/aws-chunked'
import { collect } from '@millrace/byte-streams'
import { createChunkSigner } from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'
import { chain } from './wire.ts'

const encode = async (options: Parameters<typeof encodeAwsChunked>[0], pieces: string[]) =>
  Buffer.from(
    await collect(encodeAwsChunked(options)(pieces.map((piece) => Buffer.from(piece)))),
  ).toString()

describe('encodeAwsChunked()', () => {
  test('sorts trailers and computes the checksum', async () => {
    const options = {
      mode: 'unsigned-trailer',
      decodedLength: 9,
      checksum: 'crc32',
      trailers: { z: '1', a: 'b c' },
    } as const
    const wire = await encode(options, ['1234', '', '56789'])
    expect(wire).toBe(
      '9\r\n123456789\r\n0\r\na:b c\r\nx-amz-checksum-crc32:y/Q5Jg==\r\nz:1\r\n\r\n',
    )
    expect(encodedLength(options)).toBe(wire.length)
  })

  test('writes an empty body', async () => {
    const options = { mode: 'unsigned-trailer', decodedLength: 0 } as const
    expect(await encode(options, [])).toBe('0\r\n\r\n')
    expect(encodedLength(options)).toBe(5)
  })

  test('passes data on as it is', async () => {
    const data = Buffer.alloc(3 * DEFAULT_CHUNK_SIZE)
    const pieces: Uint8Array[] = []
    const options = { mode: 'unsigned-trailer', decodedLength: data.length } as const
    for await (const piece of encodeAwsChunked(options)([data])) pieces.push(piece)
    const views = pieces.filter((piece) => piece.buffer === data.buffer)
    expect(views.map((view) => view.length)).toEqual(Array(3).fill(DEFAULT_CHUNK_SIZE))
  })

  test('holds no more than one chunk while it signs', async () => {
    let pulled = 0
    const source = function* () {
      for (; pulled < 100; pulled++) yield Buffer.alloc(8192)
    }
    const signer = createChunkSigner(chain)
    const decodedLength = 100 * 8192
    const wire = encodeAwsChunked({ mode: 'signed', decodedLength, signer, chunkSize: 16_384 })
    const stream = wire(source())
    await stream.next()
    expect(pulled).toBeLessThanOrEqual(2)
    await stream.return()
  })

  test.each([
    ['fewer', ['1234']],
    ['more', ['12345', '678910']],
  ])('fails when the source gives %s bytes than declared', async (_name, pieces) => {
    await expect(
      encode({ mode: 'unsigned-trailer', decodedLength: 9 }, pieces),
    ).rejects.toMatchObject({ code: 'IncompleteBody' })
  })

  const unsigned = { mode: 'unsigned-trailer', decodedLength: 9 } as const
  test.each([
    ['an unknown mode', { ...unsigned, mode: 'plain' as 'signed' }],
    ['no signer', { ...unsigned, mode: 'signed' as const }],
    ['a needless signer', { ...unsigned, signer: createChunkSigner(chain) }],
    ['a bad length', { ...unsigned, decodedLength: 1.5 }],
    ['a chunk size below 8 KiB', { ...unsigned, chunkSize: 8191 }],
    ['a checksum that S3 has not', { ...unsigned, checksum: 'md5' as 'sha1' }],
    ['a trailer in capitals', { ...unsigned, trailers: { A: 'b' } }],
    ['a trailer with a line end', { ...unsigned, trailers: { a: 'b\r\nc:d' } }],
    ['an empty trailer', { ...unsigned, trailers: { a: '' } }],
    ['a trailer signature', { ...unsigned, trailers: { 'x-amz-trailer-signature': 'a' } }],
    [
      'a trailer in mode signed',
      {
        ...unsigned,
        mode: 'signed' as const,
        signer: createChunkSigner(chain),
        trailers: { a: 'b' },
      },
    ],
  ])('throws at the call at %s', (_name, options) => {
    expect(() => encodeAwsChunked(options)).toThrow(
      expect.objectContaining({ code: 'ERR_AWS_CHUNKED_INVALID_ARGUMENT' }),
    )
  })
})
