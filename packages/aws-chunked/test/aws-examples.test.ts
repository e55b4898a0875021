import { decodeAwsChunked, encodeAwsChunked, encodedLength } from '@millrace/aws-chunked'
import { collect } from '@millrace/byte-streams'
import { createChunkSigner, createChunkVerifier, deriveSigningKey } from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
const chain = {
  signingKey: deriveSigningKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', {
    date: '20130524',
    region: 'us-east-1',
    service: 's3',
  }),
  scope: '20130524/us-east-1/s3/aws4_request',
  timestamp: '20130524T000000Z',
}
const data = 'a'.repeat(66_560)
const body = (sizes: readonly string[], tail: string): Buffer =>
  Buffer.from(
    `10000;chunk-signature=${sizes[0]}\r\n${data.slice(0, 65_536)}\r\n` +
      `400;chunk-signature=${sizes[1]}\r\n${data.slice(65_536)}\r\n` +
      `0;chunk-signature=${sizes[2]}\r\n${tail}\r\n`,
  )

const signed = {
  seedSignature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  wire: body(
    [
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ],
    '',
  ),
}
const CHECKSUM = 'x-amz-checksum-crc32c:sOO8/Q=='
const SIGNATURE =
  'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435'
const withTrailer = (tail: string): Buffer =>
  body(
    [
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
    ],
    tail,
  )
const trailer = {
  seedSignature: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  wire: withTrailer(`${CHECKSUM}\r\n${SIGNATURE}\r\n`),
}
const length = { decodedLength: data.length, chunkSize: 65_536 }

describe('the examples of the S3 documentation', () => {
  test('decodeAwsChunked() decodes the signed upload', async () => {
    const verifier = createChunkVerifier({ ...chain, ...signed })
    const decode = decodeAwsChunked({ mode: 'signed', verifier, ...length })
    expect(Buffer.from(await collect(decode([signed.wire]))).toString()).toBe(data)
  })

  test('encodeAwsChunked() encodes the signed upload', async () => {
    const signer = createChunkSigner({ ...chain, ...signed })
    const wire = await collect(
      encodeAwsChunked({ mode: 'signed', signer, ...length })([Buffer.from(data)]),
    )
    expect(Buffer.from(wire).equals(signed.wire)).toBe(true)
    expect(encodedLength({ mode: 'signed', ...length })).toBe(66_824)
  })

  test('encodeAwsChunked() encodes the upload with a signed trailer', async () => {
    const signer = createChunkSigner({ ...chain, ...trailer })
    const options = { mode: 'signed-trailer', checksum: 'crc32c', ...length } as const
    const wire = await collect(encodeAwsChunked({ ...options, signer })([Buffer.from(data)]))
    expect(Buffer.from(wire).equals(trailer.wire)).toBe(true)
    expect(encodedLength(options)).toBe(trailer.wire.length)
  })

  test.each([
    ['as documented', trailer.wire],
    ['with a blank line first', withTrailer(`\r\n${CHECKSUM}\r\n${SIGNATURE}\r\n`)],
    ['as minio-go writes it', withTrailer(`${CHECKSUM}\n\r\n${SIGNATURE}\r\n`)],
    [
      'with a space behind the colon',
      withTrailer(`${CHECKSUM.replace(':', ': ')}\r\n${SIGNATURE}\r\n`),
    ],
  ])('decodeAwsChunked() decodes the upload with a signed trailer, %s', async (_name, wire) => {
    let seen: unknown
    const decode = decodeAwsChunked({
      mode: 'signed-trailer',
      verifier: createChunkVerifier({ ...chain, ...trailer }),
      trailer: 'x-amz-checksum-crc32c',
      onTrailers: (trailers) => {
        seen = Object.fromEntries(trailers)
      },
      ...length,
    })
    expect(Buffer.from(await collect(decode([wire]))).toString()).toBe(data)
    expect(seen).toEqual({ 'x-amz-checksum-crc32c': 'sOO8/Q==' })
  })

  // The bodies that botocore and the AWS SDKs for JavaScript, Java and Go send by default.
  test.each([
    ['\r\n', 'botocore'],
    ['\n\r\n', 'minio-go'],
  ])(
    'decodeAwsChunked() decodes an unsigned upload with a trailer that ends in %j (%s)',
    async (end) => {
      const wire = Buffer.from(`B\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==${end}\r\n`)
      const decode = decodeAwsChunked({
        mode: 'unsigned-trailer',
        trailer: 'x-amz-checksum-crc32',
        decodedLength: 11,
      })
      expect(Buffer.from(await collect(decode([wire]))).toString()).toBe('hello world')
    },
  )
})
