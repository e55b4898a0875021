import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type CredentialScope, TERMINATOR } from './credentials.ts'

/** How many derived signing keys are kept; the longest unused one makes room. */
export const SIGNING_KEY_CACHE_SIZE = 1024

const cache = new Map<string, Buffer>()

const hmac = (key: string | Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()

/**
 * Derives the signing key of a secret for one day, region and service; kept in a bounded cache.
 *
 * @param secretAccessKey The secret.
 * @param scope Date (`yyyymmdd`), region and service.
 * @returns 32 bytes; the caller must not change them.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @example AWS's own example of a derived key
 * ```ts
 * import assert from 'node:assert/strict'
 * import { deriveSigningKey } from '@millrace/sigv4'
 *
 * const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
 * const key = deriveSigningKey(secret, { date: '20150830', region: 'us-east-1', service: 'iam' })
 * assert.equal(
 *   Buffer.from(key).toString('hex'),
 *   'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
 * )
 * ```
 */
export function deriveSigningKey(secretAccessKey: string, scope: CredentialScope): Uint8Array {
  const id = `${scope.date}\n${scope.region}\n${scope.service}\n${secretAccessKey}`
  let key = cache.get(id)
  if (key === undefined) {
    const date = hmac(`AWS4${secretAccessKey}`, scope.date)
    key = hmac(hmac(hmac(date, scope.region), scope.service), TERMINATOR)
    if (cache.size >= SIGNING_KEY_CACHE_SIZE) {
      const oldest = cache.keys().next()
      if (oldest.done !== true) cache.delete(oldest.value)
    }
  } else cache.delete(id)
  cache.set(id, key)
  return key
}

/** HMAC-SHA256 in lower-case hex: the signature of a string to sign. */
export function signText(signingKey: Uint8Array, text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('hex')
}

/** SHA-256 in lower-case hex of a string whose characters are bytes. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

// SHA-256 in hex has this length; two arrays for it spare an allocation with each chunk that is verified.
const HEX_LENGTH = 64
const LEFT = Buffer.alloc(HEX_LENGTH)
const RIGHT = Buffer.alloc(HEX_LENGTH)

/** Compares without telling by its time where the difference is; a different length is simply different. */
export function equalConstantTime(actual: string, expected: string): boolean {
  if (actual.length === HEX_LENGTH && expected.length === HEX_LENGTH) {
    // UTF-8, so that no letter past ASCII can pass for a hex digit; one that does not fit leaves old bytes behind.
    const whole = LEFT.write(actual, 'utf8') + RIGHT.write(expected, 'utf8') === 2 * HEX_LENGTH
    return timingSafeEqual(LEFT, RIGHT) && whole
  }
  const a = Buffer.from(actual, 'utf8')
  const b = Buffer.from(expected, 'utf8')
  if (a.length === b.length) return timingSafeEqual(a, b)
  timingSafeEqual(b, b)
  return false
}
