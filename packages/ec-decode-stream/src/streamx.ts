import { type StreamxOptions, toStreamxReadable } from '@millrace/byte-streams/streamx'
import type { Readable } from 'streamx'
import { type DecodeStripesOptions, decodeStripes } from './decode-stripes.ts'

/**
 * `decodeStripes` as the start of a streamx `pipeline()`. The bytes are copied out of their slots, for what a streamx
 * queue drops when it is destroyed could not be released.
 *
 * @param options those of `decodeStripes`; `highWaterMark`: bytes that streamx queues
 * @returns a Readable; destroying it ends the reads
 * @throws {RangeError} {@link TypeError} as `decodeStripes` does
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { shardReadable } from '@millrace/ec-decode-stream/streamx'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 1, m: 0 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const empty = shardReadable({ scheme, lanes, unit: 4096, size: 0, shards: [undefined] })
 * for await (const chunk of empty) assert.fail(`Bytes of an empty body: ${chunk}`)
 * await lanes.close()
 * ```
 */
export function shardReadable(
  options: DecodeStripesOptions & Pick<StreamxOptions, 'highWaterMark'>,
): Readable {
  const { signal, highWaterMark } = options
  return toStreamxReadable(decodeStripes(options), {
    signal,
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
  })
}
