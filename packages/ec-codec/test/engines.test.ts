import { createErasureCodec, type ErasureCodec } from '@millrace/ec-codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memory, scratch, viewAt } from './memory.ts'

const scheme = fc.record({ k: fc.integer({ min: 1, max: 17 }), m: fc.integer({ min: 0, max: 9 }) })
/** Where a pointer, a table or an index would first be one too many. */
const extremes = [
  { k: 1, m: 0 },
  { k: 256, m: 0 },
  { k: 1, m: 255 },
  { k: 128, m: 128 },
  { k: 33, m: 222 },
]
const length = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 130 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2100 }) },
)

/** What lost shards hold before they are rebuilt. */
const RUBBISH = 0xdb

/** k+m shards: random data, parity of rubbish. */
function randomShards(k: number, m: number, size: number, seed: number): Uint8Array[] {
  let state = seed | 1
  return Array.from({ length: k + m }, () =>
    Uint8Array.from({ length: size }, () => {
      state = Math.imul(state, 1_103_515_245) + 12_345
      return state >>> 16
    }),
  )
}

/** Which shards differ. (`toEqual` on typed arrays goes byte by byte and takes most of the run.) */
function differing(shards: readonly Uint8Array[], expected: readonly Uint8Array[]): number[] {
  return [...shards.keys()].filter(
    (i) => Buffer.compare(shards[i] as Uint8Array, expected[i] as Uint8Array) !== 0,
  )
}

/** A choice of up to m different indices below count. */
function pick(count: number, most: number, seed: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i)
  let state = seed >>> 0
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const j = state % (i + 1)
    ;[all[i], all[j]] = [all[j] as number, all[i] as number]
  }
  return all.slice(0, most === 0 ? 0 : seed % (most + 1))
}

function inMemory(shards: readonly Uint8Array[], stride: number): Uint8Array[] {
  return shards.map((shard, i) => {
    const view = viewAt(5 + i * stride, shard.length)
    view.set(shard)
    return view
  })
}

/** Encodes, verifies, loses and rebuilds with each engine, and compares all of it. */
function compareEngines(
  k: number,
  m: number,
  size: number,
  seed: number,
  loss: number,
  flaw: number,
): void {
  const n = k + m
  const portable = createErasureCodec({ k, m, engine: 'portable' })
  const staged = createErasureCodec({ k, m, engine: 'simd' })
  const inPlace = createErasureCodec({ k, m, memory, scratch })
  const stride = size + (seed % 40)

  const expected = randomShards(k, m, size, seed)
  portable.encode(expected)

  const foreign = randomShards(k, m, size, seed)
  staged.encode(foreign)
  expect(differing(foreign, expected)).toEqual([])

  const local = inMemory(randomShards(k, m, size, seed), stride)
  inPlace.encode(local)
  expect(differing(local, expected)).toEqual([])

  const missing = pick(n, m, loss)
  const wanted = missing.filter((_, i) => (loss >> (i % 8)) & 1)
  const each: [ErasureCodec, Uint8Array[]][] = [
    [portable, expected.map((shard) => shard.slice())],
    [staged, foreign],
    [inPlace, local],
  ]
  for (const [codec, shards] of each) {
    expect(codec.verify(shards)).toBe(true)
    if (m > 0 && size > 0) {
      const hit = shards[flaw % n] as Uint8Array
      hit[flaw % size] = (hit[flaw % size] as number) ^ (1 + (flaw % 255))
      expect(codec.verify(shards)).toBe(false)
      hit[flaw % size] = (hit[flaw % size] as number) ^ (1 + (flaw % 255))
    }
    for (const index of missing) shards[index]?.fill(RUBBISH)
    codec.reconstruct(shards, missing, { wanted })
    const left = missing.filter((index) => !wanted.includes(index))
    expect(differing(shards, expected).filter((index) => !left.includes(index))).toEqual([])
    expect(left.every((index) => shards[index]?.every((byte) => byte === RUBBISH))).toBe(true)
    codec.reconstruct(shards, missing)
    expect(differing(shards, expected)).toEqual([])
  }
}

test('every engine gives the same parity, verifies it, and rebuilds any lost shards', () => {
  const property = fc.property(
    scheme,
    length,
    fc.nat(),
    fc.nat(),
    fc.nat(),
    ({ k, m }, size, seed, loss, flaw) => compareEngines(k, m, size, seed, loss, flaw),
  )
  fc.assert(property, { numRuns: 80 })
}, 60_000)

for (const { k, m } of extremes) {
  test(`every engine does the same at ${k}+${m}`, () => {
    compareEngines(k, m, 77, 1, m, 1000)
    compareEngines(k, m, 0, 1, m, 1000)
  }, 60_000)
}

test('255+1: the portable engine inverts its matrix at each call, so that only one is compared', () => {
  const [k, m, size] = [255, 1, 19]
  const expected = randomShards(k, m, size, 1)
  createErasureCodec({ k, m, engine: 'portable' }).encode(expected)
  const shards = randomShards(k, m, size, 1)
  const codec = createErasureCodec({ k, m })
  codec.encode(shards)
  expect(differing(shards, expected)).toEqual([])
  shards[254]?.fill(RUBBISH)
  codec.reconstruct(shards, [254])
  expect(differing(shards, expected)).toEqual([])
}, 60_000)

test('shards longer than the blocks that the engines work in', () => {
  for (const [k, m] of [
    [4, 2],
    [3, 5],
    [10, 7],
  ] as const) {
    const size = 40_001
    const expected = randomShards(k, m, size, k)
    createErasureCodec({ k, m, engine: 'portable' }).encode(expected)
    const missing = Array.from({ length: m }, (_, i) => i)
    for (const [codec, shards] of [
      [createErasureCodec({ k, m }), randomShards(k, m, size, k)],
      [createErasureCodec({ k, m, memory, scratch }), inMemory(randomShards(k, m, size, k), size)],
    ] as const) {
      codec.encode(shards)
      expect(differing(shards, expected)).toEqual([])
      expect(codec.verify(shards)).toBe(true)
      const last = shards[k + m - 1] as Uint8Array
      last[size - 1] = 1 ^ (last[size - 1] ?? 0)
      expect(codec.verify(shards)).toBe(false)
      last[size - 1] = 1 ^ (last[size - 1] ?? 0)
      for (const index of missing) shards[index]?.fill(RUBBISH)
      codec.reconstruct(shards, missing)
      expect(differing(shards, expected)).toEqual([])
    }
  }
})
