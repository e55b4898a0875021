import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createGenerations } from '@millrace/erasure-store'
import { expect, test } from 'vitest'
import { openFixture, pattern, shardFiles } from './volumes-fixture.ts'

test('a shard file is data, table and footer as FORMAT.md has them', async () => {
  await using fixture = await openFixture()
  await fixture.store.createBucket('bucket')
  const body = pattern(4 * 8192 + 10)
  await (await fixture.store.openBucket('bucket')).put('the/key', [body])
  const shards = new Map<number, Buffer>()
  for (const [place, volume] of fixture.volumes.entries()) {
    const [path] = await shardFiles(volume)
    const file = await readFile(path as string)
    const footer = file.subarray(-2048)
    expect(footer.toString('latin1', 0, 8)).toBe('MLRSHARD')
    const [version, k, m, shard] = [8, 10, 12, 14].map((at) => footer.readUInt16LE(at))
    expect([version, k, m]).toEqual([1, 4, 2])
    expect(footer.readUInt32LE(16)).toBe(8192)
    const rotation = footer.readUInt16LE(20)
    expect(((shard as number) + rotation) % 6).toBe(place)
    expect(Number(footer.readBigUInt64LE(24))).toBe(body.length)
    expect(path).toContain(footer.toString('hex', 32, 48))
    const names = ['bucket', 'the/key', 'null']
    expect(names.map((_, i) => footer.readUInt16LE(48 + 2 * i))).toEqual([6, 7, 4])
    expect(footer.toString('utf8', 72, 72 + 17)).toBe(names.join(''))
    // Two chunks: a full one, and the last stripe's of ceil(10 / 4) bytes.
    expect(file.length).toBe(8192 + 3 + 2 * 32 + 2048)
    shards.set(shard as number, file)
  }
  const data = [0, 1, 2, 3].map((shard) => shards.get(shard) as Buffer)
  const first = Buffer.concat(data.map((file) => file.subarray(0, 8192)))
  const last = Buffer.concat(data.map((file) => file.subarray(8192, 8195))).subarray(0, 10)
  expect(Buffer.concat([first, last]).equals(body)).toBe(true)
  // What this release writes for this input, whole: a later one must still read it.
  const parity = createHash('sha256')
  for (const shard of [4, 5]) parity.update((shards.get(shard) as Buffer).subarray(0, 8195 + 64))
  expect(parity.digest('hex')).toMatchInlineSnapshot(
    `"b051ed711133f65355ad9a27ade3bf8d327e9b22169566f60bad4111496ee8e1"`,
  )
})

test('createGenerations() goes on from what it has seen', () => {
  const generations = createGenerations({ now: () => 0 })
  generations.observe('00000000ffffffff0000000000000000')
  expect(generations.next().slice(0, 16)).toBe('0000000100000000')
})
