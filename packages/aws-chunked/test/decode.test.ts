import { AWS_MIN_CHUNK_SIZE, decodeAwsChunked, DEFAULT_LIMITS } from '@millrace/aws-chunked'
import { createChunkVerifier } from '@millrace/sigv4'
import { describe, expect, test } from 'vitest'
import { chain, decodeWire, refusal, signedWire } from './wire.ts'

const CRC = 'x-amz-checksum-crc32'
const CRC_LINE = `${CRC}:y/Q5Jg==` // of 123456789
const unsigned = { mode: 'unsigned-trailer', decodedLength: 9 } as const
const signed = { mode: 'signed', decodedLength: 9 } as const
const signedTrailer = { mode: 'signed-trailer', decodedLength: 9, trailer: CRC } as const

describe('decodeAwsChunked() without signatures', () => {
  test.each([
    ['one chunk', '9\r\n123456789\r\n0\r\n\r\n'],
    ['several chunks', '4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n'],
    ['zeros before the size', '0009\r\n123456789\r\n000\r\n\r\n'],
    ['extensions', '9;a;b=c;d="e f"\r\n123456789\r\n0;x=y\r\n\r\n'],
  ])('decodes %s', async (_name, wire) => {
    expect((await decodeWire(wire, unsigned)).toString()).toBe('123456789')
  })

  test.each([
    ['nothing at all', '', 'IncompleteBody'],
    ['no last chunk', '9\r\n123456789\r\n', 'IncompleteBody'],
    ['no last CRLF', '9\r\n123456789\r\n0\r\n', 'IncompleteBody'],
    ['half of the last CRLF', '9\r\n123456789\r\n0\r\n\r', 'IncompleteBody'],
    ['data cut off', '9\r\n12345', 'IncompleteBody'],
    ['no CRLF behind data', '9\r\n1234567890\r\n\r\n', 'IncompleteBody'],
    ['CR and something', '9\r\n123456789\rx0\r\n\r\n', 'IncompleteBody'],
    ['LF alone behind data', '9\r\n123456789\n0\r\n\r\n', 'IncompleteBody'],
    ['LF alone behind a size', '9\n123456789\r\n0\r\n\r\n', 'IncompleteBody'],
    ['fewer bytes than declared', '8\r\n12345678\r\n0\r\n\r\n', 'IncompleteBody'],
    ['more bytes than declared', 'a\r\n1234567890\r\n0\r\n\r\n', 'IncompleteBody'],
    ['a chunk larger than what comes', 'ffffff\r\n123456789\r\n0\r\n\r\n', 'IncompleteBody'],
    ['more after the end', '9\r\n123456789\r\n0\r\n\r\n9', 'IncompleteBody'],
    ['a second body', '9\r\n123456789\r\n0\r\n\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['no size', '\r\n123456789\r\n0\r\n\r\n', 'InvalidChunkSizeError'],
    ['0x9', '0x9\r\n123456789\r\n0\r\n\r\n', 'InvalidChunkSizeError'],
    ['-1', '-1\r\n123456789\r\n0\r\n\r\n', 'InvalidChunkSizeError'],
    ['+9', '+9\r\n123456789\r\n0\r\n\r\n', 'InvalidChunkSizeError'],
    ['a space', ' 9\r\n123456789\r\n0\r\n\r\n', 'InvalidChunkSizeError'],
    ['ffffffffffffffff', 'ffffffffffffffff\r\n1', 'InvalidChunkSizeError'],
    ['seventeen digits', '00000000000000009\r\n1', 'InvalidChunkSizeError'],
    ['2^53', '20000000000000\r\n1', 'InvalidChunkSizeError'],
    ['a bad extension', '9;a b\r\n123456789\r\n0\r\n\r\n', 'InvalidRequest'],
    ['too many extensions', '9;a;b;c;d;e\r\n123456789\r\n0\r\n\r\n', 'InvalidRequest'],
    ['an endless extension', `9;a=${'b'.repeat(5000)}`, 'InvalidRequest'],
    ['an endless size', '0'.repeat(5000), 'InvalidRequest'],
  ])('refuses %s', async (_name, wire, code) => {
    expect(await refusal(wire, unsigned)).toBe(code)
  })

  test('refuses the long header line even when it comes byte by byte', async () => {
    let pulled = 0
    const drip = function* () {
      yield Buffer.from('9;a=')
      while (true) {
        pulled += 1
        yield Buffer.from('b')
      }
    }
    const decode = decodeAwsChunked(unsigned)
    await expect(decode(drip()).next()).rejects.toMatchObject({ code: 'InvalidRequest' })
    expect(pulled).toBeLessThanOrEqual(DEFAULT_LIMITS.maxHeaderBytes)
  })

  test('refuses small chunks before the last when told so', async () => {
    const wire = '4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n'
    const minChunkSize = AWS_MIN_CHUNK_SIZE
    expect(await refusal(wire, { ...unsigned, minChunkSize })).toBe('InvalidChunkSizeError')
    expect(await refusal(wire, { ...unsigned, minChunkSize: 4 })).toBe('accepted')
    const one = '9\r\n123456789\r\n0\r\n\r\n'
    expect(await refusal(one, { ...unsigned, minChunkSize })).toBe('accepted')
  })

  test('takes an empty body', async () => {
    expect(await refusal('0\r\n\r\n', { ...unsigned, decodedLength: 0 })).toBe('accepted')
    expect(await refusal('0\r\n\r\n', unsigned)).toBe('IncompleteBody')
  })

  test('yields views on what it is given', async () => {
    const wire = Buffer.from('9\r\n123456789\r\n0\r\n\r\n')
    for await (const data of decodeAwsChunked(unsigned)([wire])) {
      expect(data.buffer).toBe(wire.buffer)
    }
  })
})

describe('decodeAwsChunked() and trailers', () => {
  const wire = (trailer: string) => `9\r\n123456789\r\n0\r\n${trailer}\r\n`

  test.each([
    ['the checksum', `${CRC_LINE}\r\n`, CRC, 'accepted'],
    ['the checksum in other letters', `X-Amz-Checksum-CRC32: y/Q5Jg==\r\n`, CRC, 'accepted'],
    ['an announcement in other letters', `${CRC_LINE}\r\n`, ` ${CRC.toUpperCase()} ,`, 'accepted'],
    ['two trailers', `a:b\r\n${CRC_LINE}\r\n`, ['a', CRC], 'accepted'],
    ['none', '', undefined, 'accepted'],
    ['another checksum', `${CRC}:AAAAAA==\r\n`, CRC, 'BadDigest'],
    ['a checksum that is none', `${CRC}:AAAA\r\n`, CRC, 'InvalidRequest'],
    ['a trailer missing', '', CRC, 'MalformedTrailerError'],
    ['one of two missing', `${CRC_LINE}\r\n`, [CRC, 'a'], 'MalformedTrailerError'],
    ['a trailer not announced', `${CRC_LINE}\r\n`, undefined, 'MalformedTrailerError'],
    ['one more than announced', `${CRC_LINE}\r\na:b\r\n`, CRC, 'MalformedTrailerError'],
    ['a trailer twice', `${CRC_LINE}\r\n${CRC_LINE}\r\n`, CRC, 'MalformedTrailerError'],
    ['no colon', 'x-amz-checksum-crc32\r\n', CRC, 'MalformedTrailerError'],
    ['no value', `${CRC}:\r\n`, CRC, 'MalformedTrailerError'],
    ['a folded value', `${CRC}:\r\n y/Q5Jg==\r\n`, CRC, 'MalformedTrailerError'],
    ['a space before the colon', `${CRC} :y/Q5Jg==\r\n`, CRC, 'MalformedTrailerError'],
    ['a NUL', `${CRC}:y/Q5Jg==\0\r\n`, CRC, 'MalformedTrailerError'],
    [
      'a signature nobody asked for',
      `${CRC_LINE}\r\nx-amz-trailer-signature:0\r\n`,
      CRC,
      'MalformedTrailerError',
    ],
    ['a flood of bytes', `${CRC_LINE}\r\n${'a:b\r\n'.repeat(2000)}`, CRC, 'MalformedTrailerError'],
  ])('%s', async (_name, lines, trailer, outcome) => {
    expect(await refusal(wire(lines), { ...unsigned, trailer })).toBe(outcome)
  })

  test('refuses more trailers than allowed', async () => {
    const limits = { maxTrailers: 1 }
    const trailer = ['a', CRC]
    const body = wire(`a:b\r\n${CRC_LINE}\r\n`)
    expect(await refusal(body, { ...unsigned, trailer, limits })).toBe('MalformedTrailerError')
  })

  test('leaves the checksum to the caller when told so', async () => {
    const options = { ...unsigned, trailer: CRC, verifyTrailerChecksum: false }
    expect(await refusal(wire(`${CRC}:AAAAAA==\r\n`), options)).toBe('accepted')
  })

  test('waits for onTrailers, which may refuse', async () => {
    const refused = new Error('no')
    const options = { ...unsigned, trailer: CRC, onTrailers: () => Promise.reject(refused) }
    await expect(decodeWire(wire(`${CRC_LINE}\r\n`), options)).rejects.toBe(refused)
  })

  test('does not call onTrailers when the checksum is wrong', async () => {
    let called = false
    const options = { ...unsigned, trailer: CRC, onTrailers: () => void (called = true) }
    expect(await refusal(wire(`${CRC}:AAAAAA==\r\n`), options)).toBe('BadDigest')
    expect(called).toBe(false)
  })
})

describe('decodeAwsChunked() with signatures', () => {
  const chunks = ['1234', '56', '789']
  const body = signedWire(chunks)
  const spoilSignature = (text: string, which: number): string => {
    let seen = -1
    return text.replace(/(signature[=:])(.)/g, (all: string, head: string, digit: string) => {
      seen += 1
      return seen === which ? `${head}${digit === 'a' ? 'b' : 'a'}` : all
    })
  }

  test('decodes', async () => {
    expect((await decodeWire(body, signed)).toString()).toBe('123456789')
    const withTrailer = signedWire(chunks, [CRC_LINE])
    expect((await decodeWire(withTrailer, signedTrailer)).toString()).toBe('123456789')
  })

  test.each([
    ['the first', 0],
    ['a middle', 1],
    ['the last with data', 2],
    ['the empty', 3],
  ])('refuses a wrong signature of %s chunk', async (_name, which) => {
    expect(await refusal(spoilSignature(body, which), signed)).toBe('SignatureDoesNotMatch')
  })

  test('refuses a wrong signature of the only chunk, and of an empty body', async () => {
    const one = spoilSignature(signedWire(['123456789']), 0)
    expect(await refusal(one, signed)).toBe('SignatureDoesNotMatch')
    const empty = { ...signed, decodedLength: 0 }
    expect(await refusal(signedWire([]), empty)).toBe('accepted')
    expect(await refusal(spoilSignature(signedWire([]), 0), empty)).toBe('SignatureDoesNotMatch')
  })

  test.each([
    ['other data of the same length', body.replace('56\r\n', '65\r\n'), 'SignatureDoesNotMatch'],
    ['no signature', body.replace(/;chunk-signature=\w+/, ''), 'SignatureDoesNotMatch'],
    [
      'an extension that nobody signed',
      body.replace(';chunk', ';a=b;chunk'),
      'SignatureDoesNotMatch',
    ],
    ['a short signature', body.replace(/(signature=\w{63})\w/, '$1'), 'SignatureDoesNotMatch'],
    ['a bad size', body.replace('4;', '0x4;'), 'InvalidChunkSizeError'],
    ['no last chunk', body.slice(0, body.indexOf('0;chunk')), 'IncompleteBody'],
    ['a trailer', body.replace(/\r\n$/, `${CRC_LINE}\r\n\r\n`), 'MalformedTrailerError'],
    [
      'a chunk left out',
      body.replace(/2;chunk-signature=\w+\r\n56\r\n/, ''),
      'SignatureDoesNotMatch',
    ],
  ])('refuses %s', async (_name, wire, code) => {
    expect(wire).not.toBe(body)
    expect(await refusal(wire, signed)).toBe(code)
  })

  test('holds back the last piece of a chunk whose signature is wrong', async () => {
    const wire = Buffer.from(spoilSignature(signedWire(['123456789']), 0))
    const verifier = createChunkVerifier(chain)
    await expect(decodeAwsChunked({ ...signed, verifier })([wire]).next()).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    })
  })

  test('refuses a trailer that is wrong, unsigned, signed wrongly, or followed by another', async () => {
    const good = signedWire(chunks, [CRC_LINE])
    const unsignedTrailer = good.replace(/x-amz-trailer-signature:\w+\r\n/, '')
    const after = good.replace(/(trailer-signature:\w+\r\n)/, '$1a:b\r\n')
    const both = { ...signedTrailer, trailer: [CRC, 'a'] }
    expect(await refusal(good.replace('y/Q5', 'z/Q5'), signedTrailer)).toBe('SignatureDoesNotMatch')
    expect(await refusal(unsignedTrailer, signedTrailer)).toBe('MalformedTrailerError')
    expect(await refusal(spoilSignature(good, 4), signedTrailer)).toBe('SignatureDoesNotMatch')
    expect(await refusal(after, both)).toBe('MalformedTrailerError')
    const another = signedWire(chunks, [`${CRC}:AAAAAA==`])
    expect(await refusal(another, signedTrailer)).toBe('BadDigest')
    expect(await refusal(signedWire(chunks, []), signedTrailer)).toBe('MalformedTrailerError')
  })
})

describe('decodeAwsChunked() throws at the call', () => {
  const verifier = createChunkVerifier(chain)
  test.each([
    ['an unknown mode', { ...unsigned, mode: 'plain' as 'signed' }],
    ['no verifier', signed],
    ['a needless verifier', { ...unsigned, verifier }],
    ['no length', { ...unsigned, decodedLength: Number.NaN }],
    ['a negative length', { ...unsigned, decodedLength: -1 }],
    ['a bad limit', { ...unsigned, limits: { maxHeaderBytes: Number.POSITIVE_INFINITY } }],
    ['a bad minimum', { ...unsigned, minChunkSize: 0.5 }],
  ])('at %s', (_name, options) => {
    expect(() => decodeAwsChunked(options)).toThrow(
      expect.objectContaining({ code: 'ERR_AWS_CHUNKED_INVALID_ARGUMENT' }),
    )
  })
})
