import type { ByteStage } from '@millrace/byte-streams'
import type { Algorithm } from './algorithms.ts'
import { argumentError } from './errors.ts'
import { createHasher, type HasherOptions, selectEngine } from './hasher.ts'

/** The digests of a stream that has passed, by algorithm. */
export type Digests = ReadonlyMap<Algorithm, Uint8Array>

/**
 * Computes digests of the bytes that pass, which go on unchanged and uncopied. Chunk after chunk: back-pressure and bounds
 * are those of the pipe around it.
 *
 * `onDigest` is called once, at the end of the source, before the stream ends: when it throws, or the promise it returns
 * rejects, the stream fails with that error. So a check of a checksum belongs there. It is not called when the source
 * fails or the consumer leaves early.
 *
 * @param algorithms which digests; each once
 * @param onDigest receives them
 * @param options see {@link HasherOptions}
 * @returns a transform for one pipe after another; each run starts afresh
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` at the call
 * @throws {ChecksumError} `ERR_CHECKSUMS_ENGINE_UNAVAILABLE` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipe } from 'it-pipe'
 * import { checksumTap, encodeBase64 } from '@millrace/checksums'
 *
 * let crc = ''
 * const tap = checksumTap(['crc32', 'md5'], (digests) => {
 *   crc = encodeBase64(digests.get('crc32') as Uint8Array)
 * })
 * for await (const _ of pipe([Buffer.from('1234'), Buffer.from('56789')], tap));
 * assert.equal(crc, 'y/Q5Jg==')
 * ```
 */
export function checksumTap(
  algorithms: readonly Algorithm[],
  onDigest: (digests: Digests) => void | Promise<void>,
  options: HasherOptions = {},
): ByteStage {
  const wanted = [...new Set(algorithms)]
  for (const algorithm of wanted) selectEngine(algorithm, options)
  if (typeof onDigest !== 'function') {
    throw argumentError(TypeError, `onDigest must be a function: ${typeof onDigest}`)
  }
  return async function* (source) {
    const hashers = wanted.map((algorithm) => createHasher(algorithm, options))
    for await (const chunk of source) {
      for (const hasher of hashers) hasher.update(chunk)
      yield chunk
    }
    await onDigest(new Map(hashers.map((hasher) => [hasher.algorithm, hasher.digest()])))
  }
}
