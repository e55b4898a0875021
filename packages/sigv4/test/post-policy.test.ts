import { signPostPolicy, verifyPostPolicySignature } from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'

const credentials = { accessKeyId: 'mill', secretAccessKey: 'race' }
const region = 'us-east-1'
const policy = { expiration: '2030-01-01T00:00:00Z', conditions: [{ bucket: 'in' }] }
const fields = signPostPolicy({ policy, credentials, region, now: Date.UTC(2026, 0, 1) })
const lookup = (id: string) => (id === 'mill' ? credentials : undefined)
const verify = (changed: Record<string, string>) =>
  verifyPostPolicySignature({ ...fields, ...changed }, { lookup, region })

describe('verifyPostPolicySignature()', () => {
  test('accepts what signPostPolicy() signs and gives the policy', async () => {
    const verified = await verify({})
    const { conditions } = JSON.parse(verified.policy) as { conditions: unknown[] }
    expect(conditions).toContainEqual({ 'x-amz-algorithm': 'AWS4-HMAC-SHA256' })
    expect(verified.credentials).toBe(credentials)
  })

  test.each([
    ['another policy', { policy: 'e30=' }, 'SignatureDoesNotMatch'],
    ['no policy', { policy: '' }, 'InvalidArgument'],
    ['another signature', { 'x-amz-signature': '0'.repeat(64) }, 'SignatureDoesNotMatch'],
    ['another algorithm', { 'x-amz-algorithm': 'AWS4-HMAC-SHA1' }, 'InvalidArgument'],
    ['a field twice', { POLICY: 'e30=' }, 'InvalidArgument'],
    ['a bad credential', { 'x-amz-credential': 'mill/20260101' }, 'InvalidArgument'],
    ['another day', { 'x-amz-date': '20260102T000000Z' }, 'InvalidArgument'],
    [
      'another region',
      { 'x-amz-credential': 'mill/20260101/eu-west-1/s3/aws4_request' },
      'InvalidArgument',
    ],
    [
      'an unknown key',
      { 'x-amz-credential': 'none/20260101/us-east-1/s3/aws4_request' },
      'InvalidAccessKeyId',
    ],
    ['a token nobody gave', { 'x-amz-security-token': 'x' }, 'InvalidToken'],
  ])('refuses %s', async (_name, changed, code) => {
    await expect(verify(changed as Record<string, string>)).rejects.toMatchObject({ code })
  })

  test('takes temporary credentials with their token', async () => {
    const temporary = { ...credentials, sessionToken: 'token' }
    const signed = signPostPolicy({ policy, credentials: temporary, region })
    const options = { lookup: () => temporary, region }
    await expect(verifyPostPolicySignature(signed, options)).resolves.toBeDefined()
    const { 'x-amz-security-token': _token, ...without } = signed
    await expect(verifyPostPolicySignature(without, options)).rejects.toMatchObject({
      code: 'InvalidAccessKeyId',
    })
  })

  test('throws at the call without a region, and rejects with the reason of an abort', async () => {
    expect(() => verifyPostPolicySignature(fields, { lookup, region: '' })).toThrow(TypeError)
    const reason = new Error('enough')
    await expect(
      verifyPostPolicySignature(fields, { lookup, region, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
  })
})
