import type { ChunkVerifier } from '@millrace/sigv4'
import { AwsChunkedError } from './errors.ts'
import type { AwsChunkedLimits } from './limits.ts'
import type { AwsChunkedMode } from './modes.ts'

/** The trailers of a body: lower-case name to value. */
export type Trailers = ReadonlyMap<string, string>

/** The name of the trailer that signs the others. */
export const TRAILER_SIGNATURE = 'x-amz-trailer-signature'

const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x21-\xff](?:[\t\x20-\xff]*[\x21-\xff])?)$/

/** The names in an `x-amz-trailer` header, or in a list. */
export function trailerNames(trailer: string | readonly string[]): ReadonlySet<string> {
  const names = typeof trailer === 'string' ? trailer.split(',') : trailer
  return new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))
}

function malformed(message: string): AwsChunkedError {
  return new AwsChunkedError('MalformedTrailerError', message)
}

/**
 * Splits what follows the last chunk's header into lines.
 *
 * The last line must be blank. Clients differ in what comes before: some end a trailer with LF alone, and put a blank
 * line before the signature or one more at the end (minio-go), so blank lines are passed over.
 */
function splitLines(text: string): string[] {
  if (text !== '\r\n' && !text.endsWith('\n\r\n')) {
    throw new AwsChunkedError('IncompleteBody', 'The body ended within its trailer')
  }
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line !== '')
}

/** What {@link readTrailers} needs to know of the body. */
export interface TrailerRules {
  readonly mode: AwsChunkedMode
  readonly expected: ReadonlySet<string>
  readonly verifier: ChunkVerifier | undefined
  readonly limits: AwsChunkedLimits
}

/**
 * Reads and verifies all that follows the last chunk's header.
 *
 * @throws {AwsChunkedError} `MalformedTrailerError` for a trailer missing, extra, doubled, malformed, or unsigned in a
 *   signed body; `SignatureDoesNotMatch`; `IncompleteBody`.
 */
export function readTrailers(text: string, rules: TrailerRules): Trailers {
  const { expected, limits, mode, verifier } = rules
  const signed = mode === 'signed-trailer'
  const lines = splitLines(text)
  const trailers = new Map<string, string>()
  let canonical = ''
  let signature: string | undefined
  for (const line of lines) {
    const match = LINE.exec(line)
    if (match === null) throw malformed('A trailer must be a name, a colon and a value')
    const [, given, value] = match as unknown as [string, string, string]
    // What is signed is the lower-case name; another spelling would be a byte that nothing covers.
    const name = signed ? given : given.toLowerCase()
    if (signature !== undefined) throw malformed(`Nothing may follow ${TRAILER_SIGNATURE}`)
    if (signed && name === TRAILER_SIGNATURE) {
      signature = value
      continue
    }
    if (!expected.has(name)) throw malformed(`Trailer not announced in x-amz-trailer: ${name}`)
    if (trailers.has(name)) throw malformed(`Trailer given twice: ${name}`)
    if (trailers.size === limits.maxTrailers) {
      throw malformed(`More trailers than allowed: ${limits.maxTrailers}`)
    }
    trailers.set(name, value)
    canonical += `${name}:${value}\n`
  }
  for (const name of expected) {
    if (!trailers.has(name))
      throw malformed(`Trailer announced in x-amz-trailer is missing: ${name}`)
  }
  if (signed) {
    if (signature === undefined) throw malformed(`Trailer is missing: ${TRAILER_SIGNATURE}`)
    if (verifier?.verifyTrailer(canonical, signature) !== true) {
      throw new AwsChunkedError('SignatureDoesNotMatch', 'The signature of the trailer is wrong')
    }
  }
  return trailers
}
