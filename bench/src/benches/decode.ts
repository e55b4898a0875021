import { availableParallelism } from 'node:os'
import { digestOf } from '@millrace/checksums'
import { createErasureCodec } from '@millrace/ec-codec'
import { decodeStripes, type ShardSource } from '@millrace/ec-decode-stream'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { hash } from 'blake3-wasm'
import { reconstruct } from 'wasm-reed-solomon-erasure'
import { type Bench, interleave, mbps } from '../driver.ts'
import { steadyAllocations } from '../steady-allocations.ts'
import { CHUNK, COUNT, DISTINCT, makeChunks, SCHEME, STRIPE_DATA, UNIT } from '../stripe-bodies.ts'

/** 512 MiB a run; `--quick` takes less, to see that it works. */
const STRIPES = 512
const ROUNDS = 5
/** The data shards that a degraded read has to do without. */
const LOST: readonly number[] = [0, 2]

/** Shards in memory: for each distinct stripe its chunks and their checksums. */
interface MemoryStripe {
  readonly shards: readonly Uint8Array[]
  readonly checksums: readonly Uint8Array[]
}

function makeStripes(): readonly MemoryStripe[] {
  const chunks = makeChunks()
  const codec = createErasureCodec(SCHEME)
  const perStripe = STRIPE_DATA / CHUNK
  return Array.from({ length: DISTINCT }, (_, stripe) => {
    const shards = Array.from({ length: COUNT }, () => new Uint8Array(UNIT))
    for (let i = 0; i < perStripe; i++) {
      const at = i * CHUNK
      shards[Math.floor(at / UNIT)]?.set(chunks[stripe * perStripe + i] as Uint8Array, at % UNIT)
    }
    codec.encode(shards)
    return { shards, checksums: shards.map((shard) => digestOf('blake3', shard)) }
  })
}

function sourcesOf(
  stripes: readonly MemoryStripe[],
  lost: readonly number[],
): (ShardSource | undefined)[] {
  return Array.from({ length: COUNT }, (_, shard) =>
    lost.includes(shard)
      ? undefined
      : {
          read(stripe, into) {
            const chunk = stripes[stripe % DISTINCT]?.shards[shard] as Uint8Array
            into.set(chunk)
            return chunk.length
          },
          checksum: (stripe) => stripes[stripe % DISTINCT]?.checksums[shard] as Uint8Array,
        },
  )
}

/** The same pipe in one thread: each chunk copied once to its place, hashed and compared; what is lost is rebuilt. */
async function* decodePlainly(
  stripes: readonly MemoryStripe[],
  count: number,
  lost: readonly number[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = new Uint8Array(COUNT * UNIT)
  const places = Array.from({ length: COUNT }, (_, i) => bytes.subarray(i * UNIT, (i + 1) * UNIT))
  const data = bytes.subarray(0, STRIPE_DATA)
  const used = places
    .map((_, shard) => shard)
    .filter((shard) => !lost.includes(shard))
    .slice(0, SCHEME.k)
  // Shards that were not read count as lost too: two of six, when two data shards are.
  const dead = Uint32Array.from(places.keys()).filter((shard) => !used.includes(shard))
  for (let index = 0; index < count; index++) {
    const stripe = stripes[index % DISTINCT] as MemoryStripe
    for (const shard of used) {
      const place = places[shard] as Uint8Array
      place.set(stripe.shards[shard] as Uint8Array)
      const digest = hash(place) as Buffer
      if (!digest.equals(stripe.checksums[shard] as Uint8Array)) throw new Error('Wrong chunk')
    }
    if (lost.length > 0) {
      const rebuilt = reconstruct(places, SCHEME.m, dead)
      for (const shard of lost) places[shard]?.set(rebuilt[shard] as Uint8Array)
    }
    yield data
  }
}

async function discard(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const chunk of chunks) size += chunk.length
  return size
}

export const bench: Bench = {
  name: 'decode',
  description: 'shards of 4+2 in memory to verified bytes, discarded; lanes against one thread',
  async run(context) {
    const { args } = context
    const count = args.includes('--quick') ? 64 : STRIPES
    const rounds = args.includes('--quick') ? 2 : ROUNDS
    const threads = availableParallelism()
    const lanes = openWorkerLanes({ scheme: SCHEME, unit: UNIT, threads })
    context.progress('making shards')
    const stripes = makeStripes()
    const throughLanes = (lost: readonly number[]): ((body?: number) => Promise<void>) => {
      const shards = sourcesOf(stripes, lost)
      return async (body = count) => {
        const size = body * STRIPE_DATA
        let seen = 0
        for await (const lease of decodeStripes({
          scheme: SCHEME,
          lanes,
          unit: UNIT,
          size,
          shards,
        }).leases()) {
          seen += lease.bytes.length
          lease.release()
        }
        if (seen !== size) throw new Error(`Cannot compare: ${seen} bytes came of ${size}`)
      }
    }
    const healthy = throughLanes([])
    const degraded = throughLanes(LOST)
    context.progress(
      `${count} stripes of ${COUNT} shards, ${rounds} rounds, ${threads} threads and this`,
    )
    const seconds = await interleave(
      {
        healthy: () => healthy(),
        plain: async () => void (await discard(decodePlainly(stripes, count, []))),
        degraded: () => degraded(),
        plainDegraded: async () => void (await discard(decodePlainly(stripes, count, LOST))),
      },
      { rounds },
    )
    const notes = [
      `Healthy. ${await steadyAllocations(lanes, healthy, count)}`,
      `Degraded. ${await steadyAllocations(lanes, degraded, count)}`,
    ]
    await lanes.close()
    const row = (pipe: string, shards: string, time: number) => ({
      pipe,
      shards,
      'MB/s of data': mbps(count * STRIPE_DATA, time),
    })
    const ours = `decodeStripes, ${threads} threads`
    const theirs = 'wasm-reed-solomon-erasure, blake3-wasm, 1 thread'
    return {
      rows: [
        row(ours, 'all', seconds.healthy),
        row(theirs, 'all', seconds.plain),
        row(ours, 'without 2 data', seconds.degraded),
        row(theirs, 'without 2 data', seconds.plainDegraded),
      ],
      ratios: {
        decode: seconds.plain / seconds.healthy,
        'decode degraded': seconds.plainDegraded / seconds.degraded,
      },
      notes,
    }
  },
}
