import {
  type HeadersInput,
  presignUrl,
  type SigV4ErrorCode,
  signRequest,
  STREAMING_SIGNED,
  STREAMING_SIGNED_TRAILER,
  STREAMING_UNSIGNED_TRAILER,
  verifyRequest,
} from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'
import { signByHand } from './sign-by-hand.ts'

const credentials = { accessKeyId: 'AKIDMILL', secretAccessKey: 'race' }
const temporary = { accessKeyId: 'ASIAMILL', secretAccessKey: 'race', sessionToken: 'token/+=' }
const region = 'eu-west-1'
const now = Date.UTC(2026, 1, 28, 12)
const host = 'localhost:9000'
const lookup = (id: string) => [credentials, temporary].find((one) => one.accessKeyId === id)

interface Received {
  method: string
  target: string
  headers: Record<string, string>
}

/** A request signed in its header, to be spoilt by a test. */
function signed(
  options: Partial<Parameters<typeof signRequest>[0]> & { target?: string } = {},
): Received {
  const { target = '/bucket/key', ...rest } = options
  const all = { url: `http://${host}${target}`, credentials, region, now, ...rest }
  return {
    method: all.method ?? 'GET',
    target,
    headers: { ...(rest.headers as Record<string, string>), ...signRequest(all).headers },
  }
}

/** The same, signed in its URL. */
function presigned(
  options: Partial<Parameters<typeof presignUrl>[0]> & { target?: string } = {},
): Received {
  const { target = '/bucket/key', ...rest } = options
  const url = presignUrl({ url: `http://${host}${target}`, credentials, region, now, ...rest })
  return {
    method: rest.method ?? 'GET',
    target: url.slice(`http://${host}`.length),
    headers: { ...(rest.headers as Record<string, string>), host },
  }
}

const verify = (request: { method: string; target: string; headers: HeadersInput }, at = now) =>
  verifyRequest(request, { lookup, region, now: at })

async function refusal(request: Received, at = now): Promise<SigV4ErrorCode | 'accepted'> {
  return verify(request, at).then(
    () => 'accepted',
    (error: { code: SigV4ErrorCode }) => error.code,
  )
}

const header = (name: string, value: string | undefined) => (request: Received) => {
  if (value === undefined) delete request.headers[name]
  else request.headers[name] = value
}
const authorization = (find: string | RegExp, put: string) => (request: Received) => {
  request.headers['authorization'] = (request.headers['authorization'] ?? '').replace(find, put)
}
const target = (find: string | RegExp, put: string) => (request: Received) => {
  request.target = request.target.replace(find, put)
}

describe('verifyRequest() refuses a signed header', () => {
  const rows: [string, (request: Received) => void, SigV4ErrorCode][] = [
    ['nothing signed', header('authorization', undefined), 'AccessDenied'],
    ['another method', (request) => (request.method = 'DELETE'), 'SignatureDoesNotMatch'],
    ['another path', target('/key', '/other'), 'SignatureDoesNotMatch'],
    ['a path folded', target('/key', '/x/../key'), 'SignatureDoesNotMatch'],
    ['a slash encoded', target('/key', '%2Fkey'), 'SignatureDoesNotMatch'],
    ['another query', target('/key', '/key?acl'), 'SignatureDoesNotMatch'],
    ['another host', header('host', 'elsewhere'), 'SignatureDoesNotMatch'],
    ['no host', header('host', undefined), 'SignatureDoesNotMatch'],
    ['a percent sign cut off', target('/key', '/key%2'), 'InvalidURI'],
    ['an unsigned x-amz header', header('x-amz-acl', 'public-read'), 'AccessDenied'],
    ['unsigned metadata', header('x-amz-meta-a', 'b'), 'AccessDenied'],
    ['host not signed', authorization('host;', ''), 'AccessDenied'],
    ['date not signed', authorization(';x-amz-date', ''), 'AccessDenied'],
    ['no date', header('x-amz-date', undefined), 'AccessDenied'],
    ['a date in another form', header('x-amz-date', '2026-02-28T12:00:00Z'), 'AccessDenied'],
    ['a date that is none', header('x-amz-date', '20260230T120000Z'), 'AccessDenied'],
    ['another day', authorization('20260228', '20260227'), 'AuthorizationHeaderMalformed'],
    ['a day in words', authorization('20260228', 'saturday'), 'AuthorizationHeaderMalformed'],
    ['another region', authorization(region, 'us-east-1'), 'AuthorizationHeaderMalformed'],
    ['the region in capitals', authorization(region, 'EU-WEST-1'), 'AuthorizationHeaderMalformed'],
    ['another service', authorization('/s3/', '/s3tables/'), 'AuthorizationHeaderMalformed'],
    ['another ending', authorization('aws4_request', 'aws4'), 'AuthorizationHeaderMalformed'],
    ['a part too many', authorization('AKIDMILL/', 'AKIDMILL/x/'), 'AuthorizationHeaderMalformed'],
    ['a part too few', authorization('/s3/', '/'), 'AuthorizationHeaderMalformed'],
    ['no Credential', authorization(/Credential=\S+ /, ''), 'AuthorizationHeaderMalformed'],
    ['no SignedHeaders', authorization(/SignedHeaders=\S+ /, ''), 'AuthorizationHeaderMalformed'],
    ['no Signature', authorization(/, Signature=.*/, ''), 'AuthorizationHeaderMalformed'],
    ['a field twice', authorization(/$/, ', Signature=0'), 'AuthorizationHeaderMalformed'],
    ['a name twice', authorization('host;', 'host;host;'), 'AuthorizationHeaderMalformed'],
    ['a name in capitals', authorization('host;', 'Host;'), 'AuthorizationHeaderMalformed'],
    [
      'a flood of names',
      authorization('host;', `host;${Array.from({ length: 200 }, (_, i) => `h${i}`).join(';')};`),
      'AuthorizationHeaderMalformed',
    ],
    ['a wrong signature', authorization(/Signature=./, 'Signature=x'), 'SignatureDoesNotMatch'],
    ['a short signature', authorization(/Signature=.+/, 'Signature=ab'), 'SignatureDoesNotMatch'],
    [
      'the signature in capitals',
      (request) => {
        const value = request.headers['authorization'] ?? ''
        request.headers['authorization'] = value.replace(/Signature=.+/, (text) =>
          text.toUpperCase().replace('SIGNATURE', 'Signature'),
        )
      },
      'SignatureDoesNotMatch',
    ],
    ['an unknown key', authorization('AKIDMILL', 'AKIDNONE'), 'InvalidAccessKeyId'],
    ['no payload hash', header('x-amz-content-sha256', undefined), 'InvalidRequest'],
    ['a payload hash of a kind', header('x-amz-content-sha256', 'none'), 'InvalidArgument'],
    ['the hash in capitals', header('x-amz-content-sha256', 'A'.repeat(64)), 'InvalidArgument'],
    [
      'another payload hash',
      header('x-amz-content-sha256', '0'.repeat(64)),
      'SignatureDoesNotMatch',
    ],
    [
      'an unsigned payload put in',
      header('x-amz-content-sha256', 'UNSIGNED-PAYLOAD'),
      'SignatureDoesNotMatch',
    ],
    [
      'an ECDSA stream',
      header('x-amz-content-sha256', 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD'),
      'NotImplemented',
    ],
    ['a lower-case algorithm', authorization('AWS4-HMAC', 'aws4-hmac'), 'InvalidArgument'],
    ['Signature Version 2', header('authorization', 'AWS AKIDMILL:c2ln'), 'InvalidRequest'],
    [
      'Signature Version 4A',
      authorization('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
      'NotImplemented',
    ],
    ['Basic', header('authorization', 'Basic bWlsbDpyYWNl'), 'InvalidArgument'],
    ['an empty header', header('authorization', ''), 'InvalidArgument'],
    ['two mechanisms', target('/key', '/key?X-Amz-Signature=0'), 'InvalidArgument'],
    ['a Version 2 query too', target('/key', '/key?AWSAccessKeyId=a'), 'InvalidArgument'],
    ['a token nobody gave', header('x-amz-security-token', 'x'), 'AccessDenied'],
  ]

  test.each(rows)('%s', async (_name, spoil, code) => {
    const request = signed()
    expect(await refusal(request)).toBe('accepted')
    spoil(request)
    expect(await refusal(request)).toBe(code)
  })

  test('the clock too far off, either way', async () => {
    const minutes = (count: number) => now + count * 60_000
    expect(await refusal(signed(), minutes(15))).toBe('accepted')
    expect(await refusal(signed(), minutes(-15))).toBe('accepted')
    expect(await refusal(signed(), minutes(15) + 1)).toBe('RequestTimeTooSkewed')
    expect(await refusal(signed(), minutes(-15) - 1)).toBe('RequestTimeTooSkewed')
  })

  test('two Authorization headers', async () => {
    const request = signed()
    const raw = Object.entries(request.headers).flat()
    raw.push('Authorization', request.headers['authorization'] as string)
    await expect(verify({ ...request, headers: raw })).rejects.toMatchObject({
      code: 'InvalidArgument',
    })
  })

  test('a token missing, wrong, or given without need', async () => {
    const without = { ...temporary, sessionToken: undefined }
    const wrong = { ...temporary, sessionToken: 'another' }
    const needless = { ...credentials, sessionToken: 'another' }
    expect(await refusal(signed({ credentials: temporary }))).toBe('accepted')
    expect(await refusal(signed({ credentials: without }))).toBe('InvalidAccessKeyId')
    expect(await refusal(signed({ credentials: wrong }))).toBe('InvalidToken')
    expect(await refusal(signed({ credentials: needless }))).toBe('InvalidToken')
  })
})

describe('verifyRequest() refuses a presigned URL', () => {
  const rows: [string, (request: Received) => void, SigV4ErrorCode][] = [
    ...['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'].map(
      (name): [string, (request: Received) => void, SigV4ErrorCode] => [
        `without X-Amz-${name}`,
        (request) => {
          request.target = request.target
            .replace(new RegExp(`X-Amz-${name}=[^&]*&?`), '')
            .replace(/&$/, '')
        },
        'AuthorizationQueryParametersError',
      ],
    ),
    ['an algorithm in lower case', target('AWS4-H', 'aws4-h'), 'AuthorizationQueryParametersError'],
    ['Version 4A', target('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'), 'NotImplemented'],
    ['expires 0', target('Expires=900', 'Expires=0'), 'AuthorizationQueryParametersError'],
    ['expires -1', target('Expires=900', 'Expires=-1'), 'AuthorizationQueryParametersError'],
    ['expires 1e3', target('Expires=900', 'Expires=1e3'), 'AuthorizationQueryParametersError'],
    ['more than a week', target('=900', '=604801'), 'AuthorizationQueryParametersError'],
    ['a longer time', target('=900', '=901'), 'SignatureDoesNotMatch'],
    ['a date in another form', target('T120000Z', ''), 'AuthorizationQueryParametersError'],
    ['a parameter twice', target(/$/, '&X-Amz-Expires=900'), 'AuthorizationQueryParametersError'],
    ['another day', target('%2F20260228', '%2F20260227'), 'AuthorizationQueryParametersError'],
    ['another region', target(region, 'us-east-1'), 'AuthorizationQueryParametersError'],
    ['another service', target('%2Fs3%2F', '%2Fsts%2F'), 'AuthorizationQueryParametersError'],
    ['another path', target('/key', '/other'), 'SignatureDoesNotMatch'],
    ['another method', (request) => (request.method = 'PUT'), 'SignatureDoesNotMatch'],
    ['another host', header('host', 'elsewhere'), 'SignatureDoesNotMatch'],
    [
      'a parameter more',
      target(/$/, '&response-content-type=text%2Fhtml'),
      'SignatureDoesNotMatch',
    ],
    ['host not signed', target('=host', '=date'), 'AccessDenied'],
    ['an unsigned x-amz header', header('x-amz-acl', 'public-read'), 'AccessDenied'],
    [
      'a streaming mode put into the header',
      header('x-amz-content-sha256', STREAMING_UNSIGNED_TRAILER),
      'AccessDenied',
    ],
    [
      'a streaming mode put into the query',
      target(/$/, `&X-Amz-Content-Sha256=${STREAMING_UNSIGNED_TRAILER}`),
      'SignatureDoesNotMatch',
    ],
    [
      'a made-up signature',
      target(/Signature=.+/, `Signature=${'0'.repeat(64)}`),
      'SignatureDoesNotMatch',
    ],
    ['an unknown key', target('AKIDMILL', 'AKIDNONE'), 'InvalidAccessKeyId'],
    ['an Authorization header too', header('authorization', 'AWS a:b'), 'InvalidArgument'],
    [
      'Signature Version 2',
      (request) => (request.target = '/bucket/key?AWSAccessKeyId=a&Signature=b&Expires=1'),
      'InvalidRequest',
    ],
  ]

  test.each(rows)('%s', async (_name, spoil, code) => {
    const request = presigned()
    expect(await refusal(request)).toBe('accepted')
    spoil(request)
    expect(await refusal(request)).toBe(code)
  })

  test('not valid yet, or expired', async () => {
    const request = presigned({ expires: 60 })
    expect(await refusal(request, now + 60_000)).toBe('accepted')
    expect(await refusal(request, now + 60_001)).toBe('AccessDenied')
    expect(await refusal(request, now - 900_000)).toBe('accepted')
    expect(await refusal(request, now - 900_001)).toBe('AccessDenied')
  })

  test('a token missing or changed', async () => {
    expect(await refusal(presigned({ credentials: temporary }))).toBe('accepted')
    const cut = presigned({ credentials: temporary })
    cut.target = cut.target.replace(/X-Amz-Security-Token=[^&]*&/, '')
    expect(await refusal(cut)).toBe('SignatureDoesNotMatch')
    const wrong = presigned({ credentials: { ...temporary, sessionToken: 'another' } })
    expect(await refusal(wrong)).toBe('InvalidToken')
  })
})

describe('verifyRequest()', () => {
  test('gives everything that the verification of the body needs', async () => {
    const identity = await verify(
      signed({
        method: 'PUT',
        payloadHash: STREAMING_SIGNED_TRAILER,
        headers: { 'x-amz-decoded-content-length': '1', 'x-amz-trailer': 'x-amz-checksum-crc32' },
      }),
    )
    expect(identity).toMatchObject({
      kind: 'header',
      accessKeyId: 'AKIDMILL',
      scope: `20260228/${region}/s3/aws4_request`,
      timestamp: '20260228T120000Z',
      payloadMode: 'signed-trailer',
      payloadHash: STREAMING_SIGNED_TRAILER,
    })
    expect(identity.credentials).toBe(credentials)
    expect(identity.seedSignature).toMatch(/^[0-9a-f]{64}$/)
    expect(identity.signingKey.length).toBe(32)
  })

  test.each([STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER])(
    'verifies the header signature of %s all the same',
    async (payloadHash) => {
      const headers = { 'x-amz-decoded-content-length': '1' }
      const request = signed({ method: 'PUT', payloadHash, headers })
      expect(await refusal(request)).toBe('accepted')
      authorization(/Signature=.+/, `Signature=${'0'.repeat(64)}`)(request)
      expect(await refusal(request)).toBe('SignatureDoesNotMatch')
    },
  )

  test('reads raw headers, pairs, and records alike', async () => {
    const { method, target, headers } = signed()
    for (const shape of [
      Object.entries(headers).flat(),
      Object.entries(headers),
      new Headers(headers),
    ]) {
      await expect(verify({ method, target, headers: shape })).resolves.toBeDefined()
    }
  })

  test('takes the time from Date where there is no x-amz-date', async () => {
    const request = signByHand({
      credentials,
      region,
      timestamp: '20260228T120000Z',
      method: 'GET',
      path: '/bucket/key',
      headers: {
        date: 'Sat, 28 Feb 2026 12:00:00 GMT',
        host,
        'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      },
    })
    expect(await refusal(request)).toBe('accepted')
  })

  test('accepts Expect, Transfer-Encoding and Content-Length among the signed headers', async () => {
    const request = signByHand({
      credentials,
      region,
      timestamp: '20260228T120000Z',
      method: 'PUT',
      path: '/bucket/key',
      headers: {
        'content-length': '3',
        expect: '100-continue',
        host,
        'transfer-encoding': 'chunked',
        'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
        'x-amz-date': '20260228T120000Z',
      },
    })
    expect(await refusal(request)).toBe('accepted')
    delete request.headers['expect']
    expect(await refusal(request)).toBe('accepted')
  })

  test('reads header values as bytes, so that UTF-8 metadata verifies as node:http hands it out', async () => {
    // 0xA0 is white space to JavaScript and the last byte of "à" on the wire.
    const bytes = Buffer.from('à la  carte à').toString('latin1')
    expect(await refusal(signed({ headers: { 'x-amz-meta-name': bytes } }))).toBe('accepted')
    const request = signed({ headers: { 'x-amz-meta-name': bytes } })
    request.headers['x-amz-meta-name'] = bytes.slice(0, -1)
    expect(await refusal(request)).toBe('SignatureDoesNotMatch')
  })

  test('hides neither secret nor expected signature in its error', async () => {
    const request = signed()
    const right = /Signature=(.+)/.exec(request.headers['authorization'] ?? '')?.[1] as string
    authorization(/Signature=.+/, `Signature=${'0'.repeat(64)}`)(request)
    const error: unknown = await verify(request).catch((reason: unknown) => reason)
    const text = JSON.stringify({ ...(error as object) }) + String(error)
    expect(text).toContain('StringToSign')
    expect(text).not.toContain(right)
    expect(text).not.toContain('race"')
  })

  test('throws at the call without a region', () => {
    expect(() => verifyRequest(signed(), { lookup, region: '' })).toThrow(
      expect.objectContaining({ code: 'ERR_SIGV4_INVALID_ARGUMENT' }),
    )
  })

  test('rejects with the signal’s own reason, before and during the lookup, and leaves no listener', async () => {
    const reason = new Error('enough')
    await expect(
      verifyRequest(signed(), { lookup, region, now, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)

    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args))
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (
      listeners--, remove(...args)
    )
    const pending = verifyRequest(signed(), {
      lookup: () => new Promise<never>(() => {}),
      region,
      now,
      signal,
    })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    expect(listeners).toBe(0)
  })

  test('rejects when the lookup aborts and then never answers', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const parked = () => {
      controller.abort(reason)
      return new Promise<never>(() => {})
    }
    const options = { lookup: parked, region, now, signal: controller.signal }
    await expect(verifyRequest(signed(), options)).rejects.toBe(reason)
  })

  test('takes :authority for the host, where HTTP/2 has no Host header', async () => {
    const request = signed()
    delete request.headers['host']
    request.headers[':authority'] = host
    expect(await refusal(request)).toBe('accepted')
  })

  test('passes on what the lookup throws', async () => {
    const failure = new Error('database away')
    const options = { lookup: () => Promise.reject(failure), region, now }
    await expect(verifyRequest(signed(), options)).rejects.toBe(failure)
  })
})
