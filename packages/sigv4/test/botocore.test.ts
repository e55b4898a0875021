import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { presignUrl, signRequest, verifyPostPolicySignature, verifyRequest } from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'

interface Vector {
  readonly name: string
  readonly method?: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly token?: string
  readonly signed: Readonly<Record<string, string>>
  readonly presigned: string
}

// Made by fixtures/make-botocore-vectors.py.
const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/botocore-vectors.json', import.meta.url), 'utf8'),
) as {
  readonly now: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly requests: readonly Vector[]
  readonly post: Readonly<Record<string, string>>
}
const { region } = fixture
const now = Date.parse(fixture.now)

const credentialsOf = ({ token }: Pick<Vector, 'token'>) => ({
  accessKeyId: fixture.accessKeyId,
  secretAccessKey: fixture.secretAccessKey,
  ...(token === undefined ? {} : { sessionToken: token }),
})

function split(url: string): { host: string; target: string } {
  const match = /^https?:\/\/([^/]+)(.*)$/.exec(url)
  if (match === null) throw new Error(url)
  return { host: (match[1] as string).replace(/:443$/, ''), target: match[2] as string }
}

const NAMES = ['authorization', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token']

describe.each(fixture.requests)('botocore: $name', (vector) => {
  const { method = 'GET', url, headers = {} } = vector
  const { host, target } = split(url)
  const options = { lookup: () => credentialsOf(vector), region, now }

  test('signRequest() gives the same headers', () => {
    const { headers: added } = signRequest({
      method,
      url,
      headers,
      payloadHash: createHash('sha256')
        .update(vector.body ?? '')
        .digest('hex'),
      credentials: credentialsOf(vector),
      region,
      now,
    })
    const ours = Object.fromEntries(Object.entries(added).filter(([name]) => NAMES.includes(name)))
    expect(ours).toEqual(vector.signed)
  })

  test('verifyRequest() accepts the headers', async () => {
    const received = { Host: host, ...headers, ...vector.signed }
    const identity = await verifyRequest({ method, target, headers: received }, options)
    expect(identity).toMatchObject({ kind: 'header', payloadMode: 'hash' })
  })

  test('verifyRequest() accepts the presigned URL', async () => {
    const presigned = split(vector.presigned)
    const received = { Host: presigned.host, ...headers }
    const identity = await verifyRequest(
      { method, target: presigned.target, headers: received },
      options,
    )
    expect(identity).toMatchObject({ kind: 'presigned', payloadMode: 'unsigned' })
  })

  test('presignUrl() gives the same signature', () => {
    // Botocore keeps the last of several parameters of one name when it presigns.
    const base = { url: vector.presigned.replace(/[?&]X-Amz-.*$/, '') }
    const ours = presignUrl({
      method,
      ...base,
      headers,
      expires: 3600,
      credentials: credentialsOf(vector),
      region,
      now,
    })
    const signatureOf = (text: string) => /X-Amz-Signature=(\w+)/.exec(text)?.[1]
    expect(signatureOf(ours)).toBe(signatureOf(vector.presigned))
  })
})

test('verifyPostPolicySignature() accepts the form that botocore signs', async () => {
  const verified = await verifyPostPolicySignature(fixture.post, {
    lookup: () => credentialsOf({}),
    region,
  })
  expect(JSON.parse(verified.policy)).toMatchObject({ expiration: '2026-03-01T00:00:00Z' })
})
