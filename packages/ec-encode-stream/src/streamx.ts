import { type StreamxOptions, toStreamxWritable } from '@millrace/byte-streams/streamx'
import type { Writable } from 'streamx'
import { type EncodeStripesOptions, encodeStripes, type StripeSummary } from './encode-stripes.ts'
import { type WriteShardsOptions, writeShards } from './write-shards.ts'

/** A streamx Writable of bytes whose end is k+m shards. */
export interface ShardWritable {
  /** The end of a `pipeline()`: it finishes when every shard has been written. */
  readonly writable: Writable
  /** Resolves when the writable has finished; rejects with what ended it before that. */
  readonly summary: Promise<StripeSummary>
}

/**
 * `encodeStripes` and `writeShards` together as the end of a streamx `pipeline()`. (Stripes hold slots, which a streamx
 * queue would lose when it is destroyed, so that the two are not streams of their own.)
 *
 * @param options those of `encodeStripes` and `writeShards`; `highWaterMark`: bytes that streamx queues
 * @returns the writable, and the summary of what it took
 * @throws {TypeError} {@link RangeError} `ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { pipelinePromise, Readable } from 'streamx'
 * import { shardWritable } from '@millrace/ec-encode-stream/streamx'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 2, m: 1 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const { writable, summary } = shardWritable({ scheme, lanes, unit: 4096, hash: ['sha256'] })
 * await pipelinePromise(Readable.from([Buffer.alloc(10_000)]), writable)
 * assert.equal((await summary).stripes, 2)
 * await lanes.close()
 * ```
 */
export function shardWritable(
  options: EncodeStripesOptions & WriteShardsOptions & Pick<StreamxOptions, 'highWaterMark'>,
): ShardWritable {
  const { signal, highWaterMark } = options
  const encode = encodeStripes(options)
  const write = writeShards(options)
  let settle!: (summary: Promise<StripeSummary>) => void
  const summary = new Promise<StripeSummary>((resolve) => {
    settle = resolve
  })
  summary.catch(() => {})
  const writable = toStreamxWritable<Uint8Array>(
    async (source) => {
      const writing = write(encode(source))
      settle(writing)
      await writing
    },
    { signal, ...(highWaterMark === undefined ? {} : { highWaterMark }) },
  )
  return { writable, summary }
}
