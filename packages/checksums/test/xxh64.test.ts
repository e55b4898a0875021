import { createHasher } from '@millrace/checksums'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import xxhash from 'xxhash-wasm'
import { cutBytes, hex, pieces } from './bytes.ts'

describe('xxh64', () => {
  test("equals xxhash-wasm's own interface, which loads its module in another way", async () => {
    const reference = await xxhash()
    fc.assert(
      fc.property(cutBytes(200_000), (cut) => {
        const hasher = createHasher('xxh64')
        for (const piece of pieces(cut)) hasher.update(piece)
        const expected = reference.h64Raw(cut.bytes)
        expect(hex(hasher.digest())).toBe(expected.toString(16).padStart(16, '0'))
      }),
      { numRuns: 30 },
    )
  })
})
