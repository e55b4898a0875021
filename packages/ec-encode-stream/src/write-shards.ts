import { write } from 'node:fs'
import { promisify } from 'node:util'
import type { ShardTarget } from '@millrace/worker-lanes'
import type { StripeStream, StripeSummary } from './encode-stripes.ts'
import { wrongType } from './errors.ts'
import type { Stripe } from './stripe.ts'

const writeAt = promisify(write)

/**
 * Takes one shard's bytes of one stripe. They are the slot's own: they may be read until the promise that it returns
 * settles, and not after.
 */
export type ShardSink = (bytes: Uint8Array, position: number, shard: number) => unknown

/** Options of {@link writeShards}. */
export interface WriteShardsOptions {
  /** A sink for each of the k+m shards; `undefined` for one that is not wanted. */
  readonly sinks?: readonly (ShardSink | undefined)[]
  /**
   * Appends each shard's table of checksums to its file, where the stream's `files` were given: the layout that
   * `decodeStripes` expects of a file by itself.
   * @default true
   */
  readonly tables?: boolean
}

/**
 * The end of a pipe of stripes: hands each shard to its sink, all of a stripe at a time, and releases the stripe. Without
 * sinks it only releases, for stripes that the workers have written to files already.
 *
 * @param options see {@link WriteShardsOptions}
 * @returns a sink: give it the stream of `encodeStripes`, await the summary. It rejects with the first error of a sink or
 * of the stream
 * @throws {TypeError} `ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeStripes, writeShards } from '@millrace/ec-encode-stream'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 2, m: 1 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const lengths = [0, 0, 0]
 * const sinks = lengths.map(() => (bytes: Uint8Array, position: number, shard: number) => {
 *   lengths[shard] = position + bytes.length
 * })
 * const stripes = encodeStripes({ scheme, lanes, unit: 4096 })([new Uint8Array(10_000)])
 * const { shardSize } = await writeShards({ sinks })(stripes)
 * assert.deepEqual(lengths, [shardSize, shardSize, shardSize])
 * await lanes.close()
 * ```
 */
export function writeShards(
  options: WriteShardsOptions = {},
): (stripes: StripeStream) => Promise<StripeSummary> {
  const { sinks, tables = true } = options
  if (
    sinks !== undefined &&
    !sinks.every((sink) => ['function', 'undefined'].includes(typeof sink))
  ) {
    throw wrongType('Cannot use sinks: expected a function or undefined for each shard')
  }
  return async (stripes) => {
    for await (const stripe of stripes) {
      try {
        if (sinks !== undefined) await pour(stripe, sinks)
      } finally {
        stripe.release()
      }
    }
    const summary = await stripes.summary
    if (tables && stripes.files !== undefined) await appendTables(stripes.files, summary)
    return summary
  }
}

async function pour(stripe: Stripe, sinks: readonly (ShardSink | undefined)[]): Promise<void> {
  const { shards, shardOffset } = stripe
  // All must be done with the slot before it is released, whatever one of them does.
  const outcomes = await Promise.allSettled(
    shards.map(async (bytes, shard) => sinks[shard]?.(bytes, shardOffset, shard)),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

async function appendTables(
  files: readonly (ShardTarget | undefined)[],
  { tables, failures, shardSize }: StripeSummary,
): Promise<void> {
  await Promise.all(
    files.map(async (file, shard) => {
      const table = tables[shard]
      if (file === undefined || table === undefined || failures[shard] !== undefined) return
      const position = (file.dataPosition ?? 0) + shardSize
      for (let done = 0; done < table.length; ) {
        const rest = table.length - done
        const { bytesWritten } = await writeAt(file.fd, table, done, rest, position + done)
        done += bytesWritten
      }
    }),
  )
}
