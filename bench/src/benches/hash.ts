import {
  ALGORITHMS,
  type Algorithm,
  blake3Into,
  createHasher,
  digestOf,
  type Engine,
  enginesOf,
} from '@millrace/checksums'
import { type Bench, type Contender, interleave, mbps, type Row } from '../driver.ts'

const BLOCKS = [256 * 1024, 1024 * 1024] as const
/** Bytes per contender and round, so that a round lasts some milliseconds even for memcpy. */
const VOLUME = 16 * 1024 * 1024
const ROUNDS = 9
/** As a slot of the slab: what the lanes hash. */
const SHARED = new SharedArrayBuffer(VOLUME)

/** Does `work` on every block of the volume in turn, so that no block is in the first-level cache already. */
function everyBlock(block: number, work: (bytes: Uint8Array) => unknown): Contender {
  const blocks = Array.from(
    { length: VOLUME / block },
    (_, i) => new Uint8Array(SHARED, i * block, block),
  )
  return () => {
    for (const bytes of blocks) work(bytes)
  }
}

function named(algorithm: Algorithm, engine: Engine): string {
  return enginesOf(algorithm).length > 1 ? `${algorithm} ${engine}` : algorithm
}

async function measure(block: number): Promise<{ rows: Row[]; ratios: Record<string, number> }> {
  const target = Buffer.alloc(block)
  const digest = new Uint8Array(32)
  const contenders: Record<string, Contender> = {
    memcpy: everyBlock(block, (bytes) => Buffer.from(SHARED, bytes.byteOffset, block).copy(target)),
    'blake3Into()': everyBlock(block, (bytes) => blake3Into(bytes, digest)),
  }
  const described: Record<string, Row> = {
    memcpy: { algorithm: 'memcpy', engine: 'Buffer.copy', call: '' },
    'blake3Into()': { algorithm: 'blake3', engine: 'auto', call: 'blake3Into' },
  }
  for (const algorithm of ALGORITHMS) {
    for (const engine of enginesOf(algorithm)) {
      const name = named(algorithm, engine)
      contenders[name] = everyBlock(block, (bytes) => digestOf(algorithm, bytes, { engine }))
      described[name] = { algorithm, engine, call: 'digestOf' }
      contenders[`${name} streamed`] = () => {
        const hasher = createHasher(algorithm, { engine })
        void everyBlock(block, (bytes) => hasher.update(bytes))()
        hasher.digest()
      }
      described[`${name} streamed`] = { algorithm, engine, call: 'update' }
    }
  }
  const seconds = await interleave(contenders, { rounds: ROUNDS, warmups: 2 })
  const ratios: Record<string, number> = {}
  const rows = Object.entries(seconds).map(([name, time]): Row => {
    const ratio = (seconds.memcpy as number) / time
    if (described[name]?.call === 'digestOf') ratios[name] = ratio
    return {
      ...described[name],
      'block KiB': block / 1024,
      'MB/s': mbps(VOLUME, time),
      'of memcpy': ratio,
    }
  })
  return { rows, ratios }
}

export const bench: Bench = {
  name: 'hash',
  description: 'every algorithm and engine against memcpy, on shared memory, one thread',
  async run(context) {
    const bytes = new Uint8Array(SHARED)
    for (let i = 0, state = 1; i < bytes.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      bytes[i] = state >>> 24
    }
    const rows: Row[] = []
    const ratios: Record<string, number> = {}
    for (const block of BLOCKS) {
      context.progress(`blocks of ${block / 1024} KiB`)
      const result = await measure(block)
      rows.push(...result.rows)
      for (const [name, ratio] of Object.entries(result.ratios)) {
        ratios[block === BLOCKS[0] ? name : `${name} ${block / 1024}K`] = ratio
      }
    }
    return {
      rows,
      ratios,
      notes: [
        'Ratios are digestOf() against Buffer.copy of the same bytes; plain names are blocks of 256 KiB, the shard unit.',
      ],
    }
  },
}
