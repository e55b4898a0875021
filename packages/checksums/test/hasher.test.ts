import {
  ALGORITHMS,
  type Algorithm,
  createHasher,
  digestLength,
  digestOf,
  type Engine,
  enginesOf,
  isAlgorithm,
} from '@millrace/checksums'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ascii, cutBytes, hex, noise, pieces, shared } from './bytes.ts'

const RUNS = ALGORITHMS.flatMap((algorithm) =>
  enginesOf(algorithm).map((engine): [Algorithm, Engine] => [algorithm, engine]),
)

/** [algorithm, input, digest, source] */
const VECTORS: readonly (readonly [Algorithm, string, string])[] = [
  // RFC 1321, appendix A.5
  ['md5', '', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['md5', 'a', '0cc175b9c0f1b6a831c399e269772661'],
  ['md5', 'abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['md5', 'message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['md5', 'abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  [
    'md5',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
    'd174ab98d277d9f5a5611c2c9f419d9f',
  ],
  ['md5', '1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
  // RFC 3174, section 7.3, and FIPS 180's examples
  ['sha1', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  [
    'sha1',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
  ],
  ['sha1', 'a'.repeat(1_000_000), '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
  ['sha256', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'sha256',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  [
    'sha256',
    'a'.repeat(1_000_000),
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  ],
  // Check values of the catalogue of parametrised CRC algorithms: CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME
  ['crc32', '', '00000000'],
  ['crc32', '123456789', 'cbf43926'],
  ['crc32c', '', '00000000'],
  ['crc32c', '123456789', 'e3069283'],
  // RFC 3720, appendix B.4
  ['crc32c', '\0'.repeat(32), '8a9136aa'],
  ['crc64nvme', '', '0000000000000000'],
  ['crc64nvme', '123456789', 'ae8b14860a799888'],
  // NVM Express NVM Command Set, 64-bit CRC test cases: 4096 zero bytes
  ['crc64nvme', '\0'.repeat(4096), '6482d367eb22b64e'],
  // xxHash: XXH64 with seed 0
  ['xxh64', '', 'ef46db3751d8e999'],
  ['xxh64', 'a', 'd24ec4f1a98c6e5b'],
  ['xxh64', 'abc', '44bc2cf5ad770999'],
  ['xxh64', '123456789', '8cb841db40e6ae83'],
]

describe('createHasher()', () => {
  test.each(VECTORS)('gives the published digest: %s', (algorithm, text, digest) => {
    for (const engine of enginesOf(algorithm)) {
      expect(hex(createHasher(algorithm, { engine }).update(ascii(text)).digest())).toBe(digest)
      expect(hex(digestOf(algorithm, ascii(text), { engine }))).toBe(digest)
    }
  })

  test('gives the published CRC32C of 32 bytes of ones and of counting bytes (RFC 3720)', () => {
    expect(hex(digestOf('crc32c', new Uint8Array(32).fill(0xff)))).toBe('62a8ab43')
    expect(
      hex(
        digestOf(
          'crc32c',
          Uint8Array.from({ length: 32 }, (_, i) => i),
        ),
      ),
    ).toBe('46dd794e')
  })

  test('gives the published CRC64NVME of 4096 bytes of ones', () => {
    expect(hex(digestOf('crc64nvme', new Uint8Array(4096).fill(0xff)))).toBe('c0ddba7302eca3ac')
  })

  test.each(RUNS)('%s on %s: any chunking gives the same digest', (algorithm, engine) => {
    fc.assert(
      fc.property(cutBytes(5_000), (cut) => {
        const hasher = createHasher(algorithm, { engine })
        for (const piece of pieces(cut)) hasher.update(piece)
        expect(hex(hasher.digest())).toBe(hex(digestOf(algorithm, cut.bytes)))
      }),
      { numRuns: 60 },
    )
  })

  test.each(RUNS)(
    '%s on %s: shared memory, every alignment, gives the same',
    (algorithm, engine) => {
      const bytes = noise(1_000, 7)
      for (let start = 0; start < 20; start++) {
        const plain = bytes.slice(start)
        const view = shared(bytes).subarray(start)
        expect(digestOf(algorithm, view, { engine })).toEqual(digestOf(algorithm, plain))
        expect(createHasher(algorithm, { engine }).update(view).digest()).toEqual(
          digestOf(algorithm, plain),
        )
      }
    },
  )

  test.each(RUNS)('%s on %s: lengths around the pieces of the engines', (algorithm, engine) => {
    const bytes = noise(1_048_577, 3)
    for (const length of [65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 1_048_577]) {
      const input = bytes.subarray(0, length)
      const cut = createHasher(algorithm)
      for (let at = 0; at < length; at += 50_000)
        cut.update(input.subarray(at, Math.min(length, at + 50_000)))
      const digest = hex(cut.digest())
      expect(hex(digestOf(algorithm, input, { engine }))).toBe(digest)
      expect(hex(createHasher(algorithm, { engine }).update(shared(input)).digest())).toBe(digest)
    }
  })

  test('both engines agree on every length to 300', () => {
    const bytes = noise(300, 11)
    for (const algorithm of ['crc32', 'blake3'] as const) {
      for (let length = 0; length <= bytes.length; length++) {
        const input = bytes.subarray(0, length)
        expect(digestOf(algorithm, input, { engine: 'portable' })).toEqual(
          digestOf(algorithm, input),
        )
      }
    }
  })

  test.each(RUNS)('%s on %s: hashers under way do not disturb each other', (algorithm, engine) => {
    const first = createHasher(algorithm, { engine }).update(ascii('first '))
    const second = createHasher(algorithm, { engine }).update(ascii('second '))
    first.update(ascii('more'))
    digestOf(algorithm, ascii('third'), { engine })
    expect(second.digest()).toEqual(digestOf(algorithm, ascii('second ')))
    expect(first.digest()).toEqual(digestOf(algorithm, ascii('first more')))
  })

  test.each(RUNS)(
    '%s on %s: a digest is the caller’s own and has its length',
    (algorithm, engine) => {
      const digest = digestOf(algorithm, ascii('x'), { engine })
      expect(digest.constructor).toBe(Uint8Array)
      expect(digest.length).toBe(digestLength(algorithm))
      expect(digest.buffer.byteLength).toBe(digest.length)
      const copy = digest.slice()
      digestOf(algorithm, ascii('y'), { engine })
      expect(digest).toEqual(copy)
    },
  )

  test.each(RUNS)('%s on %s: the bytes may be overwritten after update', (algorithm, engine) => {
    const bytes = shared(noise(10_000, 5))
    const expected = digestOf(algorithm, bytes.slice())
    const hasher = createHasher(algorithm, { engine }).update(bytes)
    bytes.fill(0)
    expect(hasher.digest()).toEqual(expected)
  })

  test.each(RUNS)('%s on %s: refuses update and digest after the digest', (algorithm, engine) => {
    const hasher = createHasher(algorithm, { engine })
    expect(hasher.algorithm).toBe(algorithm)
    expect(hasher.engine).toBe(engine)
    hasher.digest()
    const finished = expect.objectContaining({ code: 'ERR_CHECKSUMS_FINISHED', retryable: false })
    expect(() => hasher.update(ascii('x'))).toThrow(finished)
    expect(() => hasher.digest()).toThrow(finished)
  })

  test('refuses what is not bytes, and what it does not know, at the call', () => {
    const invalid = expect.objectContaining({ code: 'ERR_CHECKSUMS_INVALID_ARGUMENT' })
    expect(() => createHasher('sha512' as Algorithm)).toThrow(invalid)
    expect(() => createHasher('toString' as Algorithm)).toThrow(TypeError)
    expect(() => digestLength('toString' as Algorithm)).toThrow(invalid)
    expect(() => createHasher('md5', { engine: 'fast' as 'auto' })).toThrow(invalid)
    for (const value of ['text', undefined, [1, 2], new ArrayBuffer(3), new Uint16Array(2)]) {
      for (const [algorithm, engine] of RUNS) {
        const hasher = createHasher(algorithm, { engine })
        expect(() => hasher.update(value as unknown as Uint8Array)).toThrow(invalid)
        expect(() => digestOf(algorithm, value as unknown as Uint8Array, { engine })).toThrow(
          invalid,
        )
      }
    }
  })

  test('says when the engine insisted on is not there', () => {
    const unavailable = expect.objectContaining({ code: 'ERR_CHECKSUMS_ENGINE_UNAVAILABLE' })
    expect(() => createHasher('md5', { engine: 'portable' })).toThrow(unavailable)
    expect(() => digestOf('crc32c', ascii(''), { engine: 'native' })).toThrow(unavailable)
  })
})

describe('isAlgorithm()', () => {
  test('knows the algorithms only', () => {
    expect(ALGORITHMS.every(isAlgorithm)).toBe(true)
    expect(['SHA256', 'constructor', '', undefined, 1].some(isAlgorithm)).toBe(false)
  })
})
