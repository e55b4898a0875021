import { combineCrc, combineCrcs, type CrcAlgorithm, digestOf } from '@millrace/checksums'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ascii, cutBytes, hex, pieces } from './bytes.ts'

const CRCS = ['crc32', 'crc32c', 'crc64nvme'] as const

describe('combineCrc()', () => {
  test.each(CRCS)('%s equals the digest of the concatenation', (algorithm) => {
    fc.assert(
      fc.property(cutBytes(3_000), (cut) => {
        const parts = pieces(cut).map((piece) => ({
          crc: digestOf(algorithm, piece),
          length: piece.length,
        }))
        expect(hex(combineCrcs(algorithm, parts))).toBe(hex(digestOf(algorithm, cut.bytes)))
      }),
      { numRuns: 100 },
    )
  })

  test.each(CRCS)('%s: is associative for lengths that nobody hashes', (algorithm) => {
    const length = fc.integer({ min: 0, max: 2 ** 51 })
    const crc = fc.uint8Array({
      minLength: algorithm === 'crc64nvme' ? 8 : 4,
      maxLength: algorithm === 'crc64nvme' ? 8 : 4,
    })
    fc.assert(
      fc.property(crc, crc, crc, length, length, (a, b, c, lengthB, lengthC) => {
        const left = combineCrc(algorithm, combineCrc(algorithm, a, b, lengthB), c, lengthC)
        const right = combineCrc(
          algorithm,
          a,
          combineCrc(algorithm, b, c, lengthC),
          lengthB + lengthC,
        )
        expect(hex(left)).toBe(hex(right))
      }),
      { numRuns: 100 },
    )
  })

  test.each(CRCS)('%s: a long run of zeros by doubling equals the run hashed', (algorithm) => {
    let crc = digestOf(algorithm, new Uint8Array(1024))
    for (let length = 1024; length < 2 ** 22; length *= 2) {
      crc = combineCrc(algorithm, crc, crc, length)
    }
    expect(hex(crc)).toBe(hex(digestOf(algorithm, new Uint8Array(2 ** 22))))
  })

  test('leaves its arguments alone', () => {
    const a = digestOf('crc32', ascii('a'))
    const b = digestOf('crc32', ascii('b'))
    combineCrc('crc32', a, b, 1)
    expect(a).toEqual(digestOf('crc32', ascii('a')))
    expect(b).toEqual(digestOf('crc32', ascii('b')))
  })

  test('reads CRCs that are views', () => {
    const table = new Uint8Array(9)
    table.set(digestOf('crc32', ascii('1234')), 1)
    table.set(digestOf('crc32', ascii('56789')), 5)
    expect(hex(combineCrc('crc32', table.subarray(1, 5), table.subarray(5), 5))).toBe('cbf43926')
  })

  test('refuses other algorithms, lengths and CRCs', () => {
    const invalid = expect.objectContaining({ code: 'ERR_CHECKSUMS_INVALID_ARGUMENT' })
    const crc = new Uint8Array(4)
    expect(() => combineCrc('md5' as CrcAlgorithm, crc, crc, 1)).toThrow(invalid)
    expect(() => combineCrcs('sha256' as CrcAlgorithm, [])).toThrow(TypeError)
    expect(() => combineCrc('crc32', crc, new Uint8Array(8), 1)).toThrow(RangeError)
    expect(() => combineCrc('crc64nvme', crc, new Uint8Array(8), 1)).toThrow(invalid)
    for (const length of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => combineCrc('crc32', crc, crc, length)).toThrow(invalid)
    }
  })
})

describe('combineCrcs()', () => {
  test('of nothing is the CRC of no bytes', () => {
    for (const algorithm of CRCS) {
      expect(combineCrcs(algorithm, [])).toEqual(digestOf(algorithm, new Uint8Array(0)))
    }
  })
})
