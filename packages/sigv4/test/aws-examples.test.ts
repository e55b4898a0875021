import { createHash } from 'node:crypto'
import {
  createChunkSigner,
  createChunkVerifier,
  deriveSigningKey,
  presignUrl,
  STREAMING_SIGNED,
  STREAMING_SIGNED_TRAILER,
  signRequest,
  verifyPostPolicySignature,
  verifyRequest,
} from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex')

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const S3_EXAMPLE = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  now: Date.UTC(2013, 4, 24),
}

describe('S3 documentation', () => {
  const cases = [
    {
      name: 'GET object',
      url: 'https://examplebucket.s3.amazonaws.com/test.txt',
      headers: { Range: 'bytes=0-9' },
      signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
    {
      name: 'PUT object',
      method: 'PUT',
      url: 'https://examplebucket.s3.amazonaws.com/test$file.text',
      headers: {
        Date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      payloadHash: sha256('Welcome to Amazon S3.'),
      signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    },
    {
      name: 'GET bucket lifecycle',
      url: 'https://examplebucket.s3.amazonaws.com/?lifecycle',
      signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    },
    {
      name: 'list objects',
      url: 'https://examplebucket.s3.amazonaws.com/?prefix=J&max-keys=2',
      signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  ]

  test.each(cases)('signRequest() gives the signature of the example: $name', (example) => {
    const { name: _name, signature, ...request } = example
    expect(signRequest({ ...S3_EXAMPLE, ...request }).signature).toBe(signature)
  })

  test.each(cases)('verifyRequest() accepts the example: $name', async (example) => {
    const { name: _name, signature, ...request } = example
    const signed = signRequest({ ...S3_EXAMPLE, ...request })
    const identity = await verifyRequest(
      {
        method: request.method ?? 'GET',
        target: request.url.replace('https://examplebucket.s3.amazonaws.com', ''),
        headers: { ...request.headers, ...signed.headers },
      },
      { lookup: () => S3_EXAMPLE.credentials, region: 'us-east-1', now: S3_EXAMPLE.now },
    )
    expect(identity.seedSignature).toBe(signature)
    expect(identity.scope).toBe('20130524/us-east-1/s3/aws4_request')
  })

  test('presignUrl() gives the URL of the example, and verifyRequest() accepts it', async () => {
    const url = presignUrl({
      ...S3_EXAMPLE,
      url: 'https://examplebucket.s3.amazonaws.com/test.txt',
      expires: 86_400,
    })
    expect(url).toBe(
      'https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
        '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    )
    const identity = await verifyRequest(
      {
        method: 'GET',
        target: url.slice('https://examplebucket.s3.amazonaws.com'.length),
        headers: ['Host', 'examplebucket.s3.amazonaws.com'],
      },
      { lookup: () => S3_EXAMPLE.credentials, region: 'us-east-1', now: S3_EXAMPLE.now + 1000 },
    )
    expect(identity).toMatchObject({ kind: 'presigned', payloadMode: 'unsigned' })
  })

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  test('createChunkSigner() signs the chunked upload of the example', () => {
    const signed = signRequest({
      ...S3_EXAMPLE,
      method: 'PUT',
      url: 'https://s3.amazonaws.com/examplebucket/chunkObject.txt',
      headers: {
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'Content-Encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '66560',
        'Content-Length': '66824',
      },
      payloadHash: STREAMING_SIGNED,
    })
    expect(signed.signature).toBe(
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    )
    const chain = { ...signed, seedSignature: signed.signature }
    const signer = createChunkSigner(chain)
    const chunks = [
      ['a'.repeat(65_536), 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'],
      ['a'.repeat(1024), '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'],
      ['', 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'],
    ] as const
    const verifier = createChunkVerifier(chain)
    for (const [data, signature] of chunks) {
      expect(signer.signChunk(sha256(data))).toBe(signature)
      expect(verifier.verifyChunk(sha256(data), signature)).toBe(true)
    }
  })

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
  test('createChunkSigner() signs the trailer of the example', () => {
    const signed = signRequest({
      ...S3_EXAMPLE,
      method: 'PUT',
      url: 'https://s3.amazonaws.com/examplebucket/chunkObject.txt',
      headers: {
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'Content-Encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '66560',
        'x-amz-trailer': 'x-amz-checksum-crc32c',
      },
      payloadHash: STREAMING_SIGNED_TRAILER,
    })
    expect(signed.signature).toBe(
      '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    )
    const signer = createChunkSigner({ ...signed, seedSignature: signed.signature })
    expect([
      signer.signChunk(sha256('a'.repeat(65_536))),
      signer.signChunk(sha256('a'.repeat(1024))),
      signer.signChunk(sha256('')),
      signer.signTrailer('x-amz-checksum-crc32c:sOO8/Q==\n'),
    ]).toEqual([
      'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
      '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
      '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
    ])
  })

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
  test('verifyPostPolicySignature() accepts the form of the example', async () => {
    const fields = {
      Policy:
        'eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request',
      'X-Amz-Date': '20151229T000000Z',
      'X-Amz-Signature': '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
    }
    const verified = await verifyPostPolicySignature(fields, {
      lookup: () => S3_EXAMPLE.credentials,
      region: 'us-east-1',
    })
    expect(verified.accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE')
    expect(JSON.parse(verified.policy)).toMatchObject({ expiration: '2015-12-30T12:00:00.000Z' })
  })
})

// The aws-sig-v4-test-suite: those of its cases that do not hang on path normalising, which S3 has not.
describe('AWS SigV4 test suite', () => {
  const SUITE = {
    credentials: {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    },
    region: 'us-east-1',
    service: 'service',
    now: Date.UTC(2015, 7, 30, 12, 36),
  }
  const url = 'https://example.amazonaws.com/'

  test.each([
    {
      name: 'get-vanilla',
      request: { url },
      signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
    {
      name: 'get-vanilla-query-order-key-case',
      request: { url: `${url}?Param2=value2&Param1=value1` },
      signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    },
    {
      name: 'get-header-value-trim',
      request: { url, headers: { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' } },
      signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    },
    {
      name: 'post-x-www-form-urlencoded',
      request: {
        method: 'POST',
        url,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        payloadHash: sha256('Param1=value1'),
      },
      signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    },
  ])('signRequest() gives the signature of $name', ({ request, signature }) => {
    expect(signRequest({ ...SUITE, ...request }).signature).toBe(signature)
  })

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
  test('deriveSigningKey() gives the key of the example', () => {
    const key = deriveSigningKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', {
      date: '20150830',
      region: 'us-east-1',
      service: 'iam',
    })
    expect(Buffer.from(key).toString('hex')).toBe(
      'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
    )
  })
})
