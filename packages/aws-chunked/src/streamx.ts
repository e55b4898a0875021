import { type StreamxOptions, toStreamxTransform } from '@millrace/byte-streams/streamx'
import type { Duplex } from 'streamx'
import { decodeAwsChunked as decode, type DecodeOptions } from './decode.ts'
import { encodeAwsChunked as encode, type EncodeOptions } from './encode.ts'

/**
 * `decodeAwsChunked` for the middle of streamx's `pipeline()`.
 *
 * @param options As for `decodeAwsChunked`, and `highWaterMark`.
 * @returns A Duplex for one pipeline; it is destroyed with the AwsChunkedError.
 * @throws {TypeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT` at the call; {RangeError} likewise.
 * @example Decode into a Writable
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise, Readable, Writable } from 'streamx'
 * import { decodeAwsChunked } from '@millrace/aws-chunked/streamx'
 *
 * let length = 0
 * await pipelinePromise(
 *   Readable.from([Buffer.from('3\r\nabc\r\n0\r\n\r\n')]),
 *   decodeAwsChunked({ mode: 'unsigned-trailer', decodedLength: 3 }),
 *   new Writable({
 *     write(data, done) {
 *       length += (data as Uint8Array).length
 *       done(null)
 *     },
 *   }),
 * )
 * assert.equal(length, 3)
 * ```
 */
export function decodeAwsChunked(
  options: DecodeOptions & Pick<StreamxOptions, 'highWaterMark'>,
): Duplex {
  return toStreamxTransform(decode(options), options)
}

/**
 * `encodeAwsChunked` for the middle of streamx's `pipeline()`.
 *
 * @param options As for `encodeAwsChunked`, and `highWaterMark`.
 * @returns A Duplex for one pipeline.
 * @throws {TypeError} `ERR_AWS_CHUNKED_INVALID_ARGUMENT` at the call; {RangeError} likewise.
 * @example Encode from a Readable
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise, Readable, Writable } from 'streamx'
 * import { encodeAwsChunked } from '@millrace/aws-chunked/streamx'
 *
 * const wire: Uint8Array[] = []
 * await pipelinePromise(
 *   Readable.from([Buffer.from('abc')]),
 *   encodeAwsChunked({ mode: 'unsigned-trailer', decodedLength: 3 }),
 *   new Writable({
 *     write(data, done) {
 *       wire.push(data as Uint8Array)
 *       done(null)
 *     },
 *   }),
 * )
 * assert.equal(Buffer.concat(wire).toString(), '3\r\nabc\r\n0\r\n\r\n')
 * ```
 */
export function encodeAwsChunked(
  options: EncodeOptions & Pick<StreamxOptions, 'highWaterMark'>,
): Duplex {
  return toStreamxTransform(encode(options), options)
}
