import { availableParallelism } from 'node:os'
import { encodeStripes, writeShards } from '@millrace/ec-encode-stream'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { hash } from 'blake3-wasm'
import { pipe } from 'it-pipe'
import { encode } from 'wasm-reed-solomon-erasure'
import { type Bench, interleave, mbps } from '../driver.ts'
import { steadyAllocations } from '../steady-allocations.ts'
import { COUNT, makeChunks, repeatChunks, SCHEME, STRIPE_DATA, UNIT } from '../stripe-bodies.ts'

/** 512 MiB a run; `--quick` takes less, to see that it works. */
const STRIPES = 512
const ROUNDS = 5

interface PlainStripe {
  readonly shards: readonly Uint8Array[]
  readonly checksums: readonly Uint8Array[]
}

/** The same pipe in one thread: each chunk copied once into the stripe's place, then parity, then a hash a shard. */
async function* encodePlainly(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<PlainStripe, void, undefined> {
  const bytes = new Uint8Array(STRIPE_DATA)
  const data = Array.from({ length: SCHEME.k }, (_, i) => bytes.subarray(i * UNIT, (i + 1) * UNIT))
  let filled = 0
  for await (const chunk of source) {
    bytes.set(chunk, filled)
    filled += chunk.length
    if (filled < STRIPE_DATA) continue
    filled = 0
    const shards = encode(data, SCHEME.m)
    yield { shards, checksums: shards.map((shard) => hash(shard) as Buffer) }
  }
}

async function discard(stripes: AsyncIterable<PlainStripe>): Promise<number> {
  let count = 0
  for await (const { shards, checksums } of stripes) count += shards.length + checksums.length
  return count
}

export const bench: Bench = {
  name: 'encode',
  description:
    'a body in memory to stripes of 4+2 with BLAKE3, discarded; lanes against one thread',
  async run(context) {
    const { args } = context
    const stripes = args.includes('--quick') ? 64 : STRIPES
    const rounds = args.includes('--quick') ? 2 : ROUNDS
    const threads = availableParallelism()
    const lanes = openWorkerLanes({ scheme: SCHEME, unit: UNIT, threads })
    const chunks = makeChunks()
    const throughLanes = async (body = stripes): Promise<void> => {
      await pipe(
        repeatChunks(chunks, body),
        encodeStripes({ scheme: SCHEME, lanes, unit: UNIT }),
        writeShards(),
      )
    }
    const inOneThread = async (): Promise<void> => {
      await pipe(repeatChunks(chunks, stripes), encodePlainly, discard)
    }
    context.progress(
      `${stripes} stripes of ${COUNT} shards, ${rounds} rounds, ${threads} threads and this`,
    )
    const seconds = await interleave(
      { lanes: () => throughLanes(), plain: inOneThread },
      { rounds },
    )
    const steady = await steadyAllocations(lanes, throughLanes, stripes)
    await lanes.close()
    const speed = (time: number): number => mbps(stripes * STRIPE_DATA, time)
    return {
      rows: [
        { pipe: `encodeStripes, ${threads} threads`, 'MB/s of data': speed(seconds.lanes) },
        {
          pipe: 'wasm-reed-solomon-erasure, blake3-wasm, 1 thread',
          'MB/s of data': speed(seconds.plain),
        },
      ],
      ratios: { encode: seconds.plain / seconds.lanes },
      notes: [steady],
    }
  },
}
