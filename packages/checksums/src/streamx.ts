import { type StreamxOptions, toStreamxTransform } from '@millrace/byte-streams/streamx'
import type { Duplex } from 'streamx'
import type { Algorithm } from './algorithms.ts'
import type { HasherOptions } from './hasher.ts'
import { checksumTap as tap, type Digests } from './tap.ts'

/**
 * `checksumTap` for the middle of streamx's `pipeline()`.
 *
 * @param algorithms which digests; each once
 * @param onDigest receives them at the end, before the stream does; when it throws, the stream is destroyed with its error
 * @param options engine, signal and highWaterMark
 * @returns a Duplex for one pipeline
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` at the call
 * @throws {ChecksumError} `ERR_CHECKSUMS_ENGINE_UNAVAILABLE` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise, Readable, Writable } from 'streamx'
 * import { checksumTap } from '@millrace/checksums/streamx'
 *
 * let md5 = ''
 * await pipelinePromise(
 *   Readable.from([Buffer.from('abc')]),
 *   checksumTap(['md5'], (digests) => {
 *     md5 = Buffer.from(digests.get('md5') as Uint8Array).toString('hex')
 *   }),
 *   new Writable(),
 * )
 * assert.equal(md5, '900150983cd24fb0d6963f7d28e17f72')
 * ```
 */
export function checksumTap(
  algorithms: readonly Algorithm[],
  onDigest: (digests: Digests) => void | Promise<void>,
  options: HasherOptions & StreamxOptions = {},
): Duplex {
  return toStreamxTransform(tap(algorithms, onDigest, options), options)
}
