import { createHmac } from 'node:crypto'
import { createChunkSigner } from '@millrace/sigv4'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

test('createChunkSigner() gives what createHmac gives, for scopes short and long', () => {
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const word = fc.string({ unit: fc.constantFrom('a', '-', '9'), minLength: 1, maxLength: 1200 })
  fc.assert(
    fc.property(word, fc.uint8Array({ minLength: 32, maxLength: 32 }), (region, signingKey) => {
      const scope = `20260101/${region}/s3/aws4_request`
      const timestamp = '20260101T000000Z'
      const seedSignature = '0'.repeat(64)
      const signer = createChunkSigner({ signingKey, scope, timestamp, seedSignature })
      let previous = seedSignature
      for (const sha256 of [EMPTY, 'f'.repeat(64)]) {
        const text = `AWS4-HMAC-SHA256-PAYLOAD\n${timestamp}\n${scope}\n${previous}\n${EMPTY}\n${sha256}`
        previous = createHmac('sha256', signingKey).update(text).digest('hex')
        expect(signer.signChunk(sha256)).toBe(previous)
      }
    }),
  )
})
