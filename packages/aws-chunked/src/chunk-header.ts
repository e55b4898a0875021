import { AwsChunkedError } from './errors.ts'
import type { AwsChunkedLimits } from './limits.ts'

/** What a chunk's header line says. */
export interface ChunkHeader {
  readonly size: number
  /** 64 lower-case hex digits; empty in a body without signatures. */
  readonly signature: string
}

const SIGNED = /^([0-9A-Fa-f]{1,16});chunk-signature=([0-9a-f]{64})$/
const SIZE = /^[0-9A-Fa-f]{1,16}$/
// RFC 9112, section 7.1.1: a token, perhaps with a token or a quoted string.
const EXTENSION =
  /^[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"[^"\r\n]*"))?$/

function parseSize(text: string): number {
  const size = SIZE.test(text) ? Number.parseInt(text, 16) : Number.NaN
  if (Number.isSafeInteger(size)) return size
  throw new AwsChunkedError(
    'InvalidChunkSizeError',
    `Chunk size must be hex digits, at most 2^53 - 1: ${JSON.stringify(text.slice(0, 32))}`,
  )
}

/**
 * Reads a chunk's header line, without its CRLF.
 *
 * Of a signed body nothing but the signature may stand beside the size, since nothing else would be signed.
 *
 * @throws {AwsChunkedError} `InvalidChunkSizeError`, `SignatureDoesNotMatch` without a signature, `InvalidRequest`.
 */
export function parseChunkHeader(
  line: string,
  signed: boolean,
  limits: AwsChunkedLimits,
): ChunkHeader {
  if (signed) {
    const match = SIGNED.exec(line)
    if (match !== null) {
      return { size: parseSize(match[1] as string), signature: match[2] as string }
    }
    parseSize(line.split(';', 1)[0] as string)
    throw new AwsChunkedError(
      'SignatureDoesNotMatch',
      'Each chunk of a signed body needs its chunk-signature, 64 hex digits, and nothing else',
    )
  }
  const [size, ...extensions] = line.split(';') as [string, ...string[]]
  if (extensions.length > limits.maxExtensions) {
    throw new AwsChunkedError(
      'InvalidRequest',
      `A chunk has more extensions than allowed: ${limits.maxExtensions}`,
    )
  }
  if (!extensions.every((extension) => EXTENSION.test(extension))) {
    throw new AwsChunkedError('InvalidRequest', 'A chunk has a malformed extension')
  }
  return { size: parseSize(size), signature: '' }
}
