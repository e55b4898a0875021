import {
  createErasureCodec,
  type ErasureCodec,
  formatScheme,
  parseScheme,
  type Scheme,
  SCRATCH_BYTES,
} from '@millrace/ec-codec'
import { encode, reconstruct } from 'wasm-reed-solomon-erasure'
import { type Bench, interleave, mbps, median, type Row } from '../driver.ts'

const SCHEMES = ['3+1', '4+2', '8+4', '10+4'].map(parseScheme)
const UNITS = [32, 64, 128, 256, 512, 1024].map((kib) => kib * 1024)
const ROUNDS = 15
/** Data bytes that the kernel and the portable engine code in one measurement: some milliseconds each. */
const FAST_BYTES = 32 * 2 ** 20
const SLOW_BYTES = 4 * 2 ** 20

const PAGE = 65_536
const { Memory } = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Memory: new (descriptor: {
        readonly initial: number
        readonly maximum: number
        readonly shared: true
      }) => { readonly buffer: SharedArrayBuffer }
    }
  }
).WebAssembly

interface Speeds {
  readonly kernel: number
  readonly portable: number
}

/**
 * One thread, shards in memory. The kernel writes parity in place; wasm-reed-solomon-erasure is called as its API wants
 * it (views of the data shards, or of all shards and the lost indices) on the same bytes, and its answer, fresh arrays
 * that it makes by itself, counts as it is: nothing is copied back for it.
 */
async function measure(
  codec: ErasureCodec,
  shards: readonly Uint8Array[],
  lost: readonly number[],
): Promise<{ readonly encode: Speeds; readonly reconstruct: Speeds }> {
  const { k, m } = codec.scheme
  const length = shards[0]?.length ?? 0
  const at = shards[0]?.byteOffset ?? 0
  const stripe = k * length
  const data = shards.slice(0, k)
  const dead = Uint32Array.from(lost)
  const fast = Math.ceil(FAST_BYTES / stripe)
  const slow = Math.ceil(SLOW_BYTES / stripe)

  const repeat =
    (times: number, work: () => void): (() => number) =>
    () => {
      const start = process.hrtime.bigint()
      for (let i = 0; i < times; i++) work()
      return Number(process.hrtime.bigint() - start) / 1e9 / times
    }

  const seconds = await interleave(
    {
      kernelEncode: repeat(fast, () => codec.encodeAt(at, length)),
      portableEncode: repeat(slow, () => void encode(data, m)),
      kernelReconstruct: repeat(fast, () => codec.reconstructAt(at, length, lost)),
      portableReconstruct: repeat(slow, () => void reconstruct([...shards], m, dead)),
    },
    { rounds: ROUNDS, warmups: 2 },
  )
  return {
    encode: {
      kernel: mbps(stripe, seconds.kernelEncode),
      portable: mbps(stripe, seconds.portableEncode),
    },
    reconstruct: {
      kernel: mbps(stripe, seconds.kernelReconstruct),
      portable: mbps(stripe, seconds.portableReconstruct),
    },
  }
}

/** Fills the data shards, encodes, and makes sure that both engines mean the same before either is timed. */
function prepare(
  codec: ErasureCodec,
  shards: readonly Uint8Array[],
  lost: readonly number[],
): void {
  const { k, m } = codec.scheme
  for (const [index, shard] of shards.entries()) {
    for (let at = 0; at < shard.length; at++)
      shard[at] = Math.imul(at + index, 2_654_435_761) >>> 24
  }
  codec.encode(shards)
  const parity = encode(shards.slice(0, k), m)
  const before = shards.map((shard) => shard.slice())
  for (const index of lost) shards[index]?.fill(0)
  codec.reconstruct(shards, lost)
  for (const [index, shard] of shards.entries()) {
    if (
      Buffer.compare(shard, before[index] as Uint8Array) !== 0 ||
      Buffer.compare(shard, parity[index] as Uint8Array) !== 0
    ) {
      throw new Error(`The engines disagree on shard ${index} of ${formatScheme(codec.scheme)}`)
    }
  }
}

function codecFor(scheme: Scheme): {
  codec: ErasureCodec
  shardsOf: (length: number) => Uint8Array[]
} {
  const count = scheme.k + scheme.m
  const pages = Math.ceil((SCRATCH_BYTES + count * Math.max(...UNITS)) / PAGE)
  const memory = new Memory({ initial: pages, maximum: pages, shared: true })
  const scratch = { byteOffset: 0, byteLength: SCRATCH_BYTES }
  return {
    codec: createErasureCodec({ ...scheme, memory, scratch, engine: 'simd' }),
    shardsOf: (length) =>
      Array.from(
        { length: count },
        (_, index) => new Uint8Array(memory.buffer, SCRATCH_BYTES + index * length, length),
      ),
  }
}

export const bench: Bench = {
  name: 'rs',
  description: 'Reed-Solomon in one thread: the SIMD kernel against wasm-reed-solomon-erasure',
  async run(context) {
    const rows: Row[] = []
    const ratios: Record<string, number> = {}
    for (const scheme of SCHEMES) {
      const name = formatScheme(scheme)
      const { codec, shardsOf } = codecFor(scheme)
      // From the second shard on: lost pairs that begin at an even index are the kernel's easy case.
      const lost = Array.from({ length: scheme.m }, (_, i) => (i + 1) % scheme.k)
      const speeds = { encode: [] as Speeds[], reconstruct: [] as Speeds[] }
      for (const unit of UNITS) {
        context.progress(`${name}, shards of ${unit / 1024} KiB`)
        const shards = shardsOf(unit)
        prepare(codec, shards, lost)
        const { encode: encoded, reconstruct: rebuilt } = await measure(codec, shards, lost)
        speeds.encode.push(encoded)
        speeds.reconstruct.push(rebuilt)
        rows.push({
          scheme: name,
          'unit KiB': unit / 1024,
          'encode simd MB/s': Math.round(encoded.kernel),
          'encode portable MB/s': Math.round(encoded.portable),
          'encode ratio': encoded.kernel / encoded.portable,
          'reconstruct simd MB/s': Math.round(rebuilt.kernel),
          'reconstruct portable MB/s': Math.round(rebuilt.portable),
          'reconstruct ratio': rebuilt.kernel / rebuilt.portable,
        })
      }
      for (const job of ['encode', 'reconstruct'] as const) {
        ratios[`${job} ${name}`] = median(speeds[job].map((s) => s.kernel / s.portable))
      }
    }
    return {
      rows,
      ratios: Object.fromEntries(
        Object.entries(ratios).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })),
      ),
      notes: [
        'MB/s are of data bytes (k shards). Reconstruct rebuilds m lost data shards. Ratios are medians over the units.',
        'The kernel writes into the shards; wasm-reed-solomon-erasure returns copies of all shards by design, and is not charged for more.',
      ],
    }
  },
}
