import { argumentError } from './errors.ts'
import { createHexHmac } from './hmac.ts'
import { EMPTY_PAYLOAD_SHA256 } from './payload-mode.ts'
import { equalConstantTime, sha256Hex } from './signing-key.ts'

/** Where a chain of chunk signatures starts: `signRequest` and `verifyRequest` both give these. */
export interface ChunkChainOptions {
  readonly signingKey: Uint8Array
  /** `yyyymmdd/region/service/aws4_request`. */
  readonly scope: string
  /** ISO 8601 basic. */
  readonly timestamp: string
  /** The signature of the request itself. */
  readonly seedSignature: string
}

/** Signs chunk after chunk; each signature covers all before it. */
export interface ChunkSigner {
  /** Signs the next chunk; the last one is the empty chunk. @param sha256 The hash of its data in lower-case hex. */
  signChunk(sha256: string): string
  /** Signs the trailer, after the empty chunk. @param canonicalTrailers `name:value\n` for each, names in lower case. */
  signTrailer(canonicalTrailers: string): string
}

/** Verifies chunk after chunk. Once one is wrong, all that follow are wrong. */
export interface ChunkVerifier {
  /** True if this is the next chunk's signature. @param sha256 The hash of its data in lower-case hex. */
  verifyChunk(sha256: string, signature: string): boolean
  /** True if this is the trailer's signature. @param canonicalTrailers `name:value\n` for each, names in lower case. */
  verifyTrailer(canonicalTrailers: string, signature: string): boolean
}

/**
 * Starts the chain of signatures of an aws-chunked body that is sent.
 *
 * @param options Signing key, scope, timestamp and seed signature of the request.
 * @returns The signer; it holds the last signature and is good for one body.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` if the key is not 32 bytes long or the seed not 64 hex digits.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @example A chain of one empty chunk
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createChunkSigner, createChunkVerifier, EMPTY_PAYLOAD_SHA256 } from '@millrace/sigv4'
 *
 * const chain = {
 *   signingKey: new Uint8Array(32),
 *   scope: '20130524/us-east-1/s3/aws4_request',
 *   timestamp: '20130524T000000Z',
 *   seedSignature: '0'.repeat(64),
 * }
 * const signature = createChunkSigner(chain).signChunk(EMPTY_PAYLOAD_SHA256)
 * assert.ok(createChunkVerifier(chain).verifyChunk(EMPTY_PAYLOAD_SHA256, signature))
 * ```
 */
export function createChunkSigner(options: ChunkChainOptions): ChunkSigner {
  const { signingKey, scope, timestamp } = options
  if (signingKey.length !== 32 || !/^[0-9a-f]{64}$/.test(options.seedSignature)) {
    throw argumentError(
      TypeError,
      'Cannot start a chunk chain: signingKey must be 32 bytes and seedSignature 64 hex digits',
    )
  }
  const chunkPrefix = `AWS4-HMAC-SHA256-PAYLOAD\n${timestamp}\n${scope}\n`
  const sign = createHexHmac(signingKey)
  let previous = options.seedSignature
  return {
    signChunk(sha256) {
      previous = sign(`${chunkPrefix}${previous}\n${EMPTY_PAYLOAD_SHA256}\n${sha256}`)
      return previous
    },
    signTrailer(canonicalTrailers) {
      const hash = sha256Hex(canonicalTrailers)
      previous = sign(`AWS4-HMAC-SHA256-TRAILER\n${timestamp}\n${scope}\n${previous}\n${hash}`)
      return previous
    },
  }
}

/**
 * Starts the chain of signatures of an aws-chunked body that is received.
 *
 * @param options Signing key, scope, timestamp and seed signature, as `verifyRequest` returns them.
 * @returns The verifier; comparison is in constant time.
 * @throws {TypeError} `ERR_SIGV4_INVALID_ARGUMENT` if the key is not 32 bytes long or the seed not 64 hex digits.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 * @example A wrong signature
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createChunkVerifier, EMPTY_PAYLOAD_SHA256 } from '@millrace/sigv4'
 *
 * const verifier = createChunkVerifier({
 *   signingKey: new Uint8Array(32),
 *   scope: '20130524/us-east-1/s3/aws4_request',
 *   timestamp: '20130524T000000Z',
 *   seedSignature: '0'.repeat(64),
 * })
 * assert.equal(verifier.verifyChunk(EMPTY_PAYLOAD_SHA256, 'f'.repeat(64)), false)
 * ```
 */
export function createChunkVerifier(options: ChunkChainOptions): ChunkVerifier {
  const signer = createChunkSigner(options)
  let intact = true
  const check = (expected: string, given: string): boolean => {
    intact = equalConstantTime(given, expected) && intact
    return intact
  }
  return {
    verifyChunk: (sha256, signature) => check(signer.signChunk(sha256), signature),
    verifyTrailer: (canonicalTrailers, signature) =>
      check(signer.signTrailer(canonicalTrailers), signature),
  }
}
