import { readFileSync } from 'node:fs'
import { createErasureCodec } from '@millrace/ec-codec'
import { expect, test } from 'vitest'
import { goldenData, referenceParity } from './reference-encoder.ts'

interface Golden {
  readonly k: number
  readonly m: number
  readonly length: number
  /** Parity of `goldenData(k, length)`, in hexadecimal. */
  readonly parity: readonly string[]
}

const golden = JSON.parse(
  readFileSync(new URL('./golden.json', import.meta.url), 'utf8'),
) as Golden[]

function parityOf(
  engine: 'simd' | 'portable',
  data: readonly Uint8Array[],
  m: number,
): Uint8Array[] {
  const k = data.length
  const length = data[0]?.length ?? 0
  const shards = [...data, ...Array.from({ length: m }, () => new Uint8Array(length))]
  createErasureCodec({ k, m, engine }).encode(shards)
  return shards.slice(k)
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

for (const { k, m, length, parity } of golden) {
  test(`${k}+${m} gives the golden parity`, () => {
    const data = goldenData(k, length)
    expect(referenceParity(data, m).map(hex)).toEqual(parity)
    expect(parityOf('simd', data, m).map(hex)).toEqual(parity)
    expect(parityOf('portable', data, m).map(hex)).toEqual(parity)
  })
}

test('5+5 gives the parity that the tests of klauspost/reedsolomon expect', () => {
  const data = [
    [0, 1],
    [4, 5],
    [2, 3],
    [6, 7],
    [8, 9],
  ].map((bytes) => Uint8Array.from(bytes))
  const parity = [
    [12, 13],
    [10, 11],
    [14, 15],
    [90, 91],
    [94, 95],
  ]
  expect(parityOf('simd', data, 5).map((shard) => [...shard])).toEqual(parity)
  expect(parityOf('portable', data, 5).map((shard) => [...shard])).toEqual(parity)
})
