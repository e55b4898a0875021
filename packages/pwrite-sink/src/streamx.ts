import { type StreamxOptions, toStreamxWritable } from '@millrace/byte-streams/streamx'
import type { Writable } from 'streamx'
import { pwriteSink, type Span, type WriteOptions, writeSpans } from './write-spans.ts'

/**
 * {@link pwriteSink} as a streamx Writable, for the end of `pipeline()`: it finishes when the file is committed.
 *
 * @param path the finished file
 * @param options those of `pwriteSink`, and `highWaterMark` of the stream in bytes
 * @returns a Writable of bytes
 * @throws {RangeError} `ERR_PWRITE_SINK_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { pipelinePromise, Readable } from 'streamx'
 * import { toPwriteWritable } from '@millrace/pwrite-sink/streamx'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'streamx-'))
 * const path = join(folder, 'file')
 * await pipelinePromise(Readable.from([Buffer.from('abc')]), toPwriteWritable(path))
 * assert.equal(await readFile(path, 'utf8'), 'abc')
 * await rm(folder, { recursive: true })
 * ```
 */
export function toPwriteWritable(
  path: string,
  options: WriteOptions & Pick<StreamxOptions, 'highWaterMark'> = {},
): Writable {
  return toStreamxWritable<Uint8Array>(pwriteSink(path, options), options)
}

/**
 * {@link writeSpans} as a streamx Writable. Give it spans of bytes, not of leases: streamx drops what it has queued when
 * it is destroyed.
 *
 * @param path the finished file
 * @param options those of `writeSpans`, and `highWaterMark` of the stream in bytes
 * @returns a Writable of {@link Span}
 * @throws {RangeError} `ERR_PWRITE_SINK_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { pipelinePromise, Readable } from 'streamx'
 * import { toSpansWritable } from '@millrace/pwrite-sink/streamx'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'streamx-'))
 * const path = join(folder, 'file')
 * const spans = [{ position: 1, bytes: Buffer.from('b') }, { position: 0, bytes: Buffer.from('a') }]
 * await pipelinePromise(Readable.from(spans), toSpansWritable(path))
 * assert.equal(await readFile(path, 'utf8'), 'ab')
 * await rm(folder, { recursive: true })
 * ```
 */
export function toSpansWritable(
  path: string,
  options: WriteOptions & Pick<StreamxOptions, 'highWaterMark'> = {},
): Writable {
  return toStreamxWritable<Span>(writeSpans(path, options), options)
}
