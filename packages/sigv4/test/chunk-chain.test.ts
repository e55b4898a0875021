import { createHash } from 'node:crypto'
import { createChunkSigner, createChunkVerifier } from '@millrace/sigv4'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const chain = {
  signingKey: new Uint8Array(32).fill(7),
  scope: '20260101/us-east-1/s3/aws4_request',
  timestamp: '20260101T000000Z',
  seedSignature: 'ab'.repeat(32),
}
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

describe('chunk chain', () => {
  test('verifies what was signed, in that order only', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 6 }), (chunks) => {
        const signer = createChunkSigner(chain)
        const signatures = chunks.map((chunk) => signer.signChunk(hash(chunk)))
        const trailer = signer.signTrailer('a:b\n')
        const right = createChunkVerifier(chain)
        for (const [i, chunk] of chunks.entries()) {
          expect(right.verifyChunk(hash(chunk), signatures[i] as string)).toBe(true)
        }
        expect(right.verifyTrailer('a:b\n', trailer)).toBe(true)
        const swapped = createChunkVerifier(chain)
        expect(swapped.verifyChunk(hash(chunks[1] as string), signatures[1] as string)).toBe(false)
      }),
    )
  })

  test('stays broken once broken', () => {
    const signer = createChunkSigner(chain)
    const [first, second] = [signer.signChunk(hash('a')), signer.signChunk(hash('b'))]
    const verifier = createChunkVerifier(chain)
    expect(verifier.verifyChunk(hash('a'), `x${first.slice(1)}`)).toBe(false)
    expect(verifier.verifyChunk(hash('b'), second)).toBe(false)
    expect(createChunkVerifier(chain).verifyTrailer('a:b\n', second)).toBe(false)
  })

  test.each([
    ['a short key', { signingKey: new Uint8Array(31) }],
    ['a seed that is none', { seedSignature: 'AB'.repeat(32) }],
  ])('throws at %s', (_name, options) => {
    const code = expect.objectContaining({ code: 'ERR_SIGV4_INVALID_ARGUMENT' })
    expect(() => createChunkSigner({ ...chain, ...options })).toThrow(code)
    expect(() => createChunkVerifier({ ...chain, ...options })).toThrow(code)
  })
})
