import { createHash, type Hash } from 'node:crypto'
import { type ChunkVerifier, EMPTY_PAYLOAD_SHA256 } from '@millrace/sigv4'
import { parseChunkHeader } from './chunk-header.ts'
import { AwsChunkedError } from './errors.ts'
import type { AwsChunkedLimits } from './limits.ts'

/** What the chunks of one body have declared and proven so far. */
export interface ChunkTracker {
  /** Bytes of the present chunk that are still to come. */
  readonly remaining: number
  /** Takes a header line without its CRLF. @returns false for the last chunk, which has no data */
  start(line: string): boolean
  /** Takes data of the present chunk, no more than remain; at its end the chunk's signature must fit. */
  add(data: Uint8Array): void
}

/** What {@link createChunkTracker} holds the chunks to. */
export interface ChunkRules {
  readonly decodedLength: number
  readonly minChunkSize: number
  readonly limits: AwsChunkedLimits
  /** Absent in a body without signatures. */
  readonly verifier: ChunkVerifier | undefined
}

/** Follows the chunks of one body; throws AwsChunkedError as soon as one breaks a rule. */
export function createChunkTracker(rules: ChunkRules): ChunkTracker {
  const { decodedLength, limits, minChunkSize, verifier } = rules
  let chunkSize = Number.POSITIVE_INFINITY
  let remaining = 0
  let decoded = 0
  let signature = ''
  let hash: Hash | undefined

  const verify = (sha256: string): void => {
    if (verifier === undefined || verifier.verifyChunk(sha256, signature)) return
    throw new AwsChunkedError(
      'SignatureDoesNotMatch',
      `The signature of the chunk that ends at byte ${decoded} is wrong`,
    )
  }

  const checkSize = (size: number): void => {
    if (size === 0 && decoded < decodedLength) {
      throw new AwsChunkedError(
        'IncompleteBody',
        `The body has fewer bytes than x-amz-decoded-content-length says: ${decoded} of ${decodedLength}`,
      )
    }
    if (size > decodedLength - decoded) {
      throw new AwsChunkedError(
        'IncompleteBody',
        `The body has more bytes than x-amz-decoded-content-length says: ${decodedLength}`,
      )
    }
    if (size > 0 && chunkSize < minChunkSize) {
      throw new AwsChunkedError(
        'InvalidChunkSizeError',
        `Only the last chunk is allowed to have less than ${minChunkSize} bytes: ${chunkSize}`,
      )
    }
  }

  return {
    get remaining() {
      return remaining
    },
    start(line) {
      const header = parseChunkHeader(line, verifier !== undefined, limits)
      checkSize(header.size)
      signature = header.signature
      chunkSize = header.size
      remaining = header.size
      if (header.size === 0) verify(EMPTY_PAYLOAD_SHA256)
      else if (verifier !== undefined) hash = createHash('sha256')
      return header.size > 0
    },
    add(data) {
      hash?.update(data)
      decoded += data.length
      remaining -= data.length
      if (remaining === 0 && hash !== undefined) verify(hash.digest('hex'))
    },
  }
}
