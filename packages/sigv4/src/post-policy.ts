import { formatAmzDate, parseAmzDate } from './amz-date.ts'
import { ALGORITHM } from './canonical-request.ts'
import { type Credentials, formatScope } from './credentials.ts'
import { argumentError, SigV4Error } from './errors.ts'
import { parseCredential } from './parse-authorization.ts'
import { checkCredentials, type SignRequestOptions } from './sign-request.ts'
import { deriveSigningKey, equalConstantTime, signText } from './signing-key.ts'
import {
  abortable,
  checkScope,
  checkSessionToken,
  keyFor,
  unknownKey,
  type VerifyOptions,
} from './verify-request.ts'

/** Who signed a form, proven. What the policy permits is still to be checked by the caller. */
export interface VerifiedPostPolicy<C extends Credentials = Credentials> {
  readonly accessKeyId: string
  readonly credentials: C
  /** `yyyymmdd/region/service/aws4_request`. */
  readonly scope: string
  /** The policy's JSON text: conditions and expiration, to be checked by the caller. */
  readonly policy: string
}

/** What {@link signPostPolicy} signs. */
export interface SignPostPolicyOptions
  extends Pick<SignRequestOptions, 'credentials' | 'region' | 'service' | 'now'> {
  /** The policy: expiration and conditions; those for the `x-amz-...` fields returned are added. */
  readonly policy: {
    readonly expiration: string
    readonly conditions: readonly unknown[]
  }
}

/**
 * Signs the policy of a browser upload (POST form).
 *
 * @param options The policy document, credentials, region, service, time.
 * @returns The form fields to add: `policy`, `x-amz-algorithm`, `x-amz-credential`, `x-amz-date`, `x-amz-signature`,
 *   and `x-amz-security-token` with temporary credentials.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` for missing credentials or region.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 * @example Allow one upload below a prefix
 * ```ts
 * import assert from 'node:assert/strict'
 * import { signPostPolicy } from '@millrace/sigv4'
 *
 * const fields = signPostPolicy({
 *   policy: { expiration: '2030-01-01T00:00:00Z', conditions: [['starts-with', '$key', 'in/']] },
 *   credentials: { accessKeyId: 'mill', secretAccessKey: 'race' },
 *   region: 'us-east-1',
 * })
 * assert.match(fields['x-amz-signature'] ?? '', /^[0-9a-f]{64}$/)
 * ```
 */
export function signPostPolicy(options: SignPostPolicyOptions): Readonly<Record<string, string>> {
  const { credentials, region, service = 's3', now = Date.now() } = options
  checkCredentials(credentials, region)
  const timestamp = formatAmzDate(now)
  const scope = { date: timestamp.slice(0, 8), region, service }
  const fields: Record<string, string> = {
    'x-amz-algorithm': ALGORITHM,
    'x-amz-credential': `${credentials.accessKeyId}/${formatScope(scope)}`,
    'x-amz-date': timestamp,
  }
  if (credentials.sessionToken !== undefined) {
    fields['x-amz-security-token'] = credentials.sessionToken
  }
  const conditions = [
    ...options.policy.conditions,
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
  ]
  const policy = Buffer.from(JSON.stringify({ ...options.policy, conditions })).toString('base64')
  const key = deriveSigningKey(credentials.secretAccessKey, scope)
  return { ...fields, policy, 'x-amz-signature': signText(key, policy) }
}

/**
 * Verifies the signature of a POST form's policy. The policy's expiration and conditions are the caller's to check.
 *
 * @param fields The form's fields before `file`; names in any case.
 * @param options How to find secrets, and the region and service that must fit. The time is not compared: the policy
 *   says itself when it expires.
 * @returns Who signed, and the policy's JSON text.
 * @throws {SigV4Error} `InvalidArgument` for a missing, doubled or malformed field, `SignatureDoesNotMatch`,
 *   `InvalidAccessKeyId`, `InvalidToken`.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` at the call, without region.
 * @throws `signal.reason`, itself, after an abort.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
 * @example Sign, then verify
 * ```ts
 * import assert from 'node:assert/strict'
 * import { signPostPolicy, verifyPostPolicySignature } from '@millrace/sigv4'
 *
 * const credentials = { accessKeyId: 'mill', secretAccessKey: 'race' }
 * const policy = { expiration: '2030-01-01T00:00:00Z', conditions: [{ bucket: 'in' }] }
 * const fields = signPostPolicy({ policy, credentials, region: 'us-east-1' })
 * const verified = await verifyPostPolicySignature(fields, { lookup: () => credentials, region: 'us-east-1' })
 * assert.equal(JSON.parse(verified.policy).expiration, '2030-01-01T00:00:00Z')
 * ```
 */
export function verifyPostPolicySignature<C extends Credentials>(
  fields: Readonly<Record<string, string>>,
  options: Omit<VerifyOptions<C>, 'now' | 'maxSkewMs'>,
): Promise<VerifiedPostPolicy<C>> {
  if (typeof options.region !== 'string' || options.region === '') {
    throw argumentError(TypeError, 'Cannot verify: region is required')
  }
  return verify(fields, options)
}

async function verify<C extends Credentials>(
  fields: Readonly<Record<string, string>>,
  options: Omit<VerifyOptions<C>, 'now' | 'maxSkewMs'>,
): Promise<VerifiedPostPolicy<C>> {
  const { signal } = options
  signal?.throwIfAborted()
  const byName = new Map<string, string>()
  for (const [name, value] of Object.entries(fields)) {
    const key = name.toLowerCase()
    if (byName.has(key)) throw new SigV4Error('InvalidArgument', `POST field given twice: ${key}`)
    byName.set(key, value)
  }
  const required = (name: string): string => {
    const value = byName.get(name)
    if (value !== undefined && value !== '') return value
    throw new SigV4Error('InvalidArgument', `Bucket POST must contain a field named: ${name}`, {
      ArgumentName: name,
    })
  }
  if (required('x-amz-algorithm') !== ALGORITHM) {
    throw new SigV4Error('InvalidArgument', `x-amz-algorithm only supports "${ALGORITHM}"`)
  }
  const encoded = required('policy')
  const { accessKeyId, scope } = parseCredential(required('x-amz-credential'), 'InvalidArgument')
  const date = required('x-amz-date')
  if (parseAmzDate(date) === undefined || date.slice(0, 8) !== scope.date) {
    throw new SigV4Error('InvalidArgument', 'x-amz-date must be a date, the day of the credential')
  }
  const signature = required('x-amz-signature')
  checkScope(scope, options.region, options.service ?? 's3', 'InvalidArgument')
  const credentials = await abortable(options.lookup(accessKeyId, { signal }), signal)
  const matches = equalConstantTime(signature, signText(keyFor(credentials, scope), encoded))
  if (credentials === undefined) throw unknownKey(accessKeyId)
  if (!matches) {
    throw new SigV4Error(
      'SignatureDoesNotMatch',
      'The signature we calculated for the policy does not match the signature you provided',
      { AWSAccessKeyId: accessKeyId, StringToSign: encoded, SignatureProvided: signature },
    )
  }
  checkSessionToken(byName.get('x-amz-security-token'), credentials)
  return {
    accessKeyId,
    credentials,
    scope: formatScope(scope),
    policy: Buffer.from(encoded, 'base64').toString('utf8'),
  }
}
