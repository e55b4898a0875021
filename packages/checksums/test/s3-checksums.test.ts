import { createHash } from 'node:crypto'
import {
  compositeChecksum,
  digestOf,
  encodeBase64,
  etagOf,
  findS3Checksum,
  multipartEtag,
  parseChecksum,
  S3_CHECKSUMS,
  type S3ChecksumAlgorithm,
} from '@millrace/checksums'
import { describe, expect, test } from 'vitest'
import { ascii } from './bytes.ts'

const invalid = expect.objectContaining({ code: 'ERR_CHECKSUMS_INVALID_ARGUMENT' })

describe('S3_CHECKSUMS', () => {
  test('says which types S3 allows, the default first', () => {
    const types = Object.values(S3_CHECKSUMS).map((checksum) => [checksum.name, checksum.types])
    expect(Object.fromEntries(types)).toEqual({
      CRC32: ['COMPOSITE', 'FULL_OBJECT'],
      CRC32C: ['COMPOSITE', 'FULL_OBJECT'],
      CRC64NVME: ['FULL_OBJECT'],
      SHA1: ['COMPOSITE'],
      SHA256: ['COMPOSITE'],
    })
  })

  test('names headers and elements as S3 does', () => {
    expect(S3_CHECKSUMS.crc32c.header).toBe('x-amz-checksum-crc32c')
    expect(S3_CHECKSUMS.crc64nvme.element).toBe('ChecksumCRC64NVME')
    expect(S3_CHECKSUMS.sha1.element).toBe('ChecksumSHA1')
  })

  test('cannot be changed', () => {
    expect(Object.isFrozen(S3_CHECKSUMS) && Object.isFrozen(S3_CHECKSUMS.crc32.types)).toBe(true)
  })
})

describe('findS3Checksum()', () => {
  test('finds each by name and by header', () => {
    for (const checksum of Object.values(S3_CHECKSUMS)) {
      expect(findS3Checksum(checksum.name)).toBe(checksum)
      expect(findS3Checksum(checksum.header)).toBe(checksum)
    }
  })

  test.each(['', 'MD5', 'blake3', 'x-amz-checksum-mode', 'x-amz-checksum-md5', 'constructor'])(
    'finds nothing for %j',
    (text) => expect(findS3Checksum(text)).toBeUndefined(),
  )
})

describe('parseChecksum()', () => {
  test('reads a digest of the right length', () => {
    const digest = digestOf('sha256', ascii('x'))
    expect(parseChecksum('sha256', encodeBase64(digest))).toEqual(digest)
  })

  test('refuses other lengths, other texts and composite checksums', () => {
    const malformed = expect.objectContaining({ code: 'ERR_CHECKSUMS_MALFORMED' })
    for (const text of ['', 'AAAA', 'AAAAAA', 'AAAAAA==-2', 'AAAAAAA=', 'crc']) {
      expect(() => parseChecksum('crc32', text)).toThrow(malformed)
    }
  })
})

describe('compositeChecksum()', () => {
  test('is the digest of the digests, and their number', () => {
    const parts = ['one', 'two', 'three'].map((text) => digestOf('sha256', ascii(text)))
    const expected = createHash('sha256').update(Buffer.concat(parts)).digest('base64')
    expect(compositeChecksum('sha256', parts)).toBe(`${expected}-3`)
  })

  test('refuses no parts, other digests, and algorithms without composites', () => {
    expect(() => compositeChecksum('sha1', [])).toThrow(invalid)
    expect(() => compositeChecksum('sha1', [new Uint8Array(4)])).toThrow(invalid)
    expect(() => compositeChecksum('crc64nvme', [new Uint8Array(8)])).toThrow(invalid)
    const md5 = 'md5' as S3ChecksumAlgorithm
    expect(() => compositeChecksum(md5, [new Uint8Array(16)])).toThrow(invalid)
  })
})

describe('etagOf() and multipartEtag()', () => {
  test('are the ETags that S3 documents', () => {
    const parts = ['a', 'b'].map((text) => digestOf('md5', ascii(text)))
    const expected = createHash('md5').update(Buffer.concat(parts)).digest('hex')
    expect(etagOf(digestOf('md5', ascii('')))).toBe('d41d8cd98f00b204e9800998ecf8427e')
    expect(multipartEtag(parts)).toBe(`${expected}-2`)
  })

  test('refuse other digests and no parts', () => {
    expect(() => etagOf(new Uint8Array(20))).toThrow(invalid)
    expect(() => multipartEtag([])).toThrow(invalid)
    expect(() => multipartEtag([new Uint8Array(15)])).toThrow(invalid)
  })
})
