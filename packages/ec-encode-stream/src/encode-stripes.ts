import type { ByteSource } from '@millrace/byte-streams'
import { type Algorithm, isAlgorithm } from '@millrace/checksums'
import { checkScheme, DEFAULT_UNIT, type Scheme } from '@millrace/ec-codec'
import {
  type LaneDigests,
  type ShardTarget,
  slotSizeFor,
  type WorkerLanes,
} from '@millrace/worker-lanes'
import { EncodeStreamError, outOfRange, wrongType } from './errors.ts'
import { createFiller, type Filler } from './filler.ts'
import type { ShardFailure } from './shard-writes.ts'
import type { Stripe } from './stripe.ts'

/** Stripes that are encoded ahead of the consumer unless told otherwise. */
export const DEFAULT_DEPTH = 4

/** Options of {@link encodeStripes}. */
export interface EncodeStripesOptions {
  readonly scheme: Scheme
  /** The threads that encode, and with them the pool whose slots hold the stripes. */
  readonly lanes: WorkerLanes
  /**
   * Bytes of a shard in a full stripe.
   * @default 262144
   */
  readonly unit?: number
  /**
   * Digests of the whole body to take, beside the encoding.
   * @default none
   */
  readonly hash?: readonly Algorithm[]
  /** Where the workers write each of the k+m shards in the same hop; `undefined` for one that is not to be written. */
  readonly files?: readonly (ShardTarget | undefined)[] | undefined
  /**
   * Fewest files that must take their shards; a file that fails is otherwise only reported, and left alone from then on.
   * @default k, without which the body could never be read
   */
  readonly quorum?: number
  /**
   * Stripes in memory ahead of the consumer: filling, in the workers, or ready.
   * @default DEFAULT_DEPTH
   */
  readonly depth?: number
  readonly signal?: AbortSignal | undefined
}

/** What is known at the body's end. */
export interface StripeSummary {
  /** Bytes of the body. */
  readonly size: number
  readonly stripes: number
  /** Bytes of each shard file's data: where a table that follows the data begins. */
  readonly shardSize: number
  readonly digests: LaneDigests
  /** For each shard the checksums of its stripes, 32 bytes each. */
  readonly tables: readonly Uint8Array[]
  /** For each shard file the error that ended the writing to it; `undefined` for one that is whole or was not asked for. */
  readonly failures: readonly (ShardFailure | undefined)[]
}

/** The stripes of one body, to be iterated once. */
export interface StripeStream extends AsyncIterable<Stripe> {
  /** Resolves when the last stripe has been taken; rejects with what ended the stream before that. */
  readonly summary: Promise<StripeSummary>
  /** The files that the workers write. */
  readonly files: readonly (ShardTarget | undefined)[] | undefined
  [Symbol.asyncIterator](): AsyncGenerator<Stripe, void, undefined>
}

/**
 * Turns a body into stripes of k data and m parity shards with their checksums. The bytes are copied once, into a slot
 * that is laid out as the stripe; parity, checksums and, if `files` are given, the writes are one hop to a worker.
 * Several stripes are under way at a time; they come out in order.
 *
 * @param options see {@link EncodeStripesOptions}
 * @returns a transform: fits it-pipe's `pipe(source, encodeStripes(o), writeShards(o))`. Each stripe is to be released
 * @throws {RangeError} {@link TypeError} `ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT`, `ERR_EC_INVALID_SCHEME` at the call;
 * iteration throws `signal.reason`, the source's error, {@link EncodeStreamError} `ERR_EC_ENCODE_STREAM_TOO_FEW_FILES`, or
 * a WorkerLanesError
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { encodeStripes } from '@millrace/ec-encode-stream'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 4, m: 2 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const stripes = encodeStripes({ scheme, lanes, unit: 4096, hash: ['md5'] })([new Uint8Array(20_000)])
 * const lengths: number[] = []
 * for await (const stripe of stripes) {
 *   lengths.push(stripe.shardLength)
 *   stripe.release()
 * }
 * const { size, digests } = await stripes.summary
 * assert.deepEqual([lengths, size, digests.md5?.length], [[4096, 904], 20_000, 16])
 * await lanes.close()
 * ```
 */
export function encodeStripes(options: EncodeStripesOptions): (source: ByteSource) => StripeStream {
  const { lanes, unit = DEFAULT_UNIT, hash = [], files, depth = DEFAULT_DEPTH, signal } = options
  const scheme = checkScheme(options.scheme)
  const count = scheme.k + scheme.m
  const { quorum = scheme.k } = options
  if (typeof lanes?.encodeStripe !== 'function') {
    throw wrongType('Cannot encode without lanes: open some with openWorkerLanes({ scheme })')
  }
  const slotSize = slotSizeFor({ scheme, unit })
  if (slotSize > lanes.pool.slotSize) {
    throw outOfRange(
      `Cannot put stripes into slots of ${lanes.pool.slotSize} bytes, open lanes for this scheme and unit: ${slotSize}`,
    )
  }
  if (files !== undefined && files.length !== count) {
    throw outOfRange(`Cannot write ${count} shards to another number of files: ${files.length}`)
  }
  if (!Number.isInteger(depth) || depth < 1) {
    throw outOfRange(`Cannot use depth: expected a whole number of 1 or more: ${depth}`)
  }
  if (!Number.isInteger(quorum) || quorum < 0 || quorum > count) {
    throw outOfRange(`Cannot use quorum: expected a whole number from 0 to ${count}: ${quorum}`)
  }
  for (const algorithm of hash) {
    if (!isAlgorithm(algorithm)) throw wrongType(`Cannot hash with: ${String(algorithm)}`)
  }
  const settings = { scheme, lanes, unit, hash, files, quorum, depth, signal }
  return (source) => createStripeStream(source, settings)
}

/** @internal */
export type EncodeSettings = Required<Omit<EncodeStripesOptions, 'files' | 'signal'>> &
  Pick<EncodeStripesOptions, 'files' | 'signal'>

function createStripeStream(source: ByteSource, settings: EncodeSettings): StripeStream {
  let settle!: { resolve(summary: StripeSummary): void; reject(reason: unknown): void }
  const summary = new Promise<StripeSummary>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // Whoever iterates sees the error there; the summary need not be looked at.
  summary.catch(() => {})
  let started = false
  return {
    summary,
    files: settings.files,
    [Symbol.asyncIterator]() {
      if (started) throw wrongType('Cannot iterate over stripes twice: make another stream')
      started = true
      const filler = createFiller(source, settings)
      const stripes = drain(filler, settings.signal, settle)
      const finish = stripes.return.bind(stripes)
      stripes.return = async (value) => {
        const reason = leftEarly()
        // A pull that is parked on the source would otherwise have to end first.
        filler.stop(reason)
        const result = await finish(value)
        // A generator that was never begun runs no finally of its own.
        await filler.close(reason)
        settle.reject(reason)
        return result
      }
      return stripes
    },
  }
}

function leftEarly(): EncodeStreamError {
  return new EncodeStreamError(
    'ERR_EC_ENCODE_STREAM_NOT_CONSUMED',
    'Cannot sum up a stream that was left before its end',
  )
}

async function* drain(
  filler: Filler,
  signal: AbortSignal | undefined,
  summary: { resolve(summary: StripeSummary): void; reject(reason: unknown): void },
): AsyncGenerator<Stripe, void, undefined> {
  const onAbort = (): void => filler.stop(signal?.reason)
  let failure: unknown = leftEarly()
  try {
    signal?.throwIfAborted()
    signal?.addEventListener('abort', onAbort, { once: true })
    while (true) {
      const stripe = await filler.next()
      if (stripe === undefined) break
      yield stripe
    }
    const result = await filler.summary()
    signal?.throwIfAborted()
    failure = undefined
    summary.resolve(result)
  } catch (error) {
    failure = error
    if ((error as { code?: unknown } | null)?.code === 'ERR_EC_ENCODE_STREAM_NOT_CONSUMED') return
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    await filler.close(failure)
    if (failure !== undefined) summary.reject(failure)
  }
}
