import { presignUrl, signRequest, verifyRequest } from '@millrace/sigv4'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const now = Date.UTC(2026, 5, 1)
const token = fc.string({
  unit: fc.constantFrom(...Array.from('abcXYZ019-_.')),
  minLength: 1,
  maxLength: 12,
})
// What a client may send raw: encodings of all kinds, valid ones only.
const part = fc.oneof(
  fc.constantFrom('a', 'B', '0', '-', '.', '~', '..', '/', '//', '+', '%2F', '%2f', '%20', '%41'),
  fc.constantFrom('!', "'", '(', '*', '=', ':', '@', '%C3%A9', '%c3%a9', '%25', '%00', '$', ','),
)
const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
const request = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'),
  path: text.map((path) => `/${path}`),
  query: fc
    .array(fc.tuple(text, fc.option(text)), { maxLength: 5 })
    .map((pairs) =>
      pairs.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join('&'),
    ),
  headers: fc.dictionary(
    token.map((name) => `x-amz-meta-${name}`),
    fc.string({ unit: fc.constantFrom(...Array.from('aZ 09\t,;="é\xa0')), maxLength: 20 }),
    { maxKeys: 4 },
  ),
  credentials: fc.record({
    accessKeyId: token,
    secretAccessKey: fc.string({ minLength: 1 }),
    sessionToken: fc.option(token, { nil: undefined }),
  }),
  region: token,
})

const lookupOf =
  <C extends { readonly accessKeyId: string }>(credentials: C) =>
  (accessKeyId: string): C | undefined =>
    accessKeyId === credentials.accessKeyId ? credentials : undefined

/** Another character at one place. */
const flip = (value: string, seed: number): string => {
  const at = seed % value.length
  const other = value[at] === 'a' ? 'b' : 'a'
  return value.slice(0, at) + other + value.slice(at + 1)
}

describe('what is signed verifies, and nothing else', () => {
  test('in the header', async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.nat(), async (one, seed) => {
        const { method, path, query, headers, credentials, region } = one
        const target = query === '' ? path : `${path}?${query}`
        const signed = signRequest({ ...one, url: `http://localhost${target}`, now })
        const received = { method, target, headers: { ...headers, ...signed.headers } }
        const options = { lookup: lookupOf(credentials), region, now }
        await expect(verifyRequest(received, options)).resolves.toMatchObject({
          seedSignature: signed.signature,
        })
        const name = ['x-amz-date', 'host', 'authorization'][seed % 3] as string
        const value = (signed.headers as Record<string, string>)[name] as string
        const spoilt = { ...received.headers, [name]: flip(value, seed) }
        await expect(
          verifyRequest({ ...received, headers: spoilt }, options),
        ).rejects.toMatchObject({ name: 'SigV4Error' })
      }),
      { numRuns: 100 },
    )
  })

  test('in the URL', async () => {
    await fc.assert(
      fc.asyncProperty(request, fc.nat(), async (one, seed) => {
        const { method, path, query, headers, credentials, region } = one
        const url = presignUrl({ ...one, url: `http://localhost${path}?${query}`, now })
        const target = url.slice('http://localhost'.length)
        const received = { method, target, headers: { host: 'localhost', ...headers } }
        const options = { lookup: lookupOf(credentials), region, now }
        await expect(verifyRequest(received, options)).resolves.toMatchObject({ kind: 'presigned' })
        // Not the hex digits of a percent-encoding, whose case means nothing.
        const spoilt = `/x${target.slice(1)}${seed}`
        await expect(verifyRequest({ ...received, target: spoilt }, options)).rejects.toMatchObject(
          {
            name: 'SigV4Error',
          },
        )
      }),
      { numRuns: 100 },
    )
  })
})
