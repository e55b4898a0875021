import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeStripes, type DegradedEvent, openShardFiles } from '@millrace/ec-decode-stream'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, collectLeases, expectBytes, flip, makeShards, memorySource } from './fixtures.ts'

const UNIT = 4096
const scheme = { k: 4, m: 2 }
const STRIPE = UNIT * scheme.k
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 2, slots: 4 })
const body = bytesOf(5 * STRIPE + 777)
const made = makeShards(body, scheme, UNIT)
let folder: string
let paths: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decode-'))
  paths = made.files.map((_, shard) => join(folder, `body.${shard}`))
  await Promise.all(paths.map((path, shard) => writeFile(path, made.files[shard] as Uint8Array)))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
  expect(lanes.pool.available).toBe(4)
})
afterAll(() => lanes.close())

async function read(range?: { start: number; end: number }) {
  const opened = await openShardFiles(paths)
  const { shards } = opened
  const events: DegradedEvent[] = []
  const before = lanes.counts.hops
  try {
    const stream = decodeStripes({
      scheme,
      lanes,
      unit: UNIT,
      size: body.length,
      shards,
      range,
      onDegraded: (event) => events.push(event),
    })
    const bytes = await collectLeases(stream)
    return { bytes, events, hops: lanes.counts.hops - before }
  } finally {
    await opened.close()
  }
}

describe('decodeStripes() of files', () => {
  it('takes one hop for each stripe, healthy or not', async () => {
    const expectRead = async (range = { start: 0, end: body.length }): Promise<void> => {
      const { bytes, events, hops } = await read(range)
      expectBytes(bytes, body.slice(range.start, range.end))
      const stripes = Math.ceil(range.end / STRIPE) - Math.floor(range.start / STRIPE)
      expect([events, hops]).toEqual([[], stripes])
    }
    await expectRead()
    await rm(paths[0] as string)
    await rm(paths[3] as string)
    await expectRead()
    await expectRead({ start: STRIPE - 1, end: STRIPE + 1 })
  })

  it('reads around a truncated file, a missing table and a flipped bit', async () => {
    await truncate(paths[1] as string, 3 * UNIT + 5)
    const cut = await read()
    expectBytes(cut.bytes, body)
    expect(cut.events.length).toBeGreaterThan(0)
    expect(cut.events.every(({ shard, state }) => shard === 1 && state === 'missing')).toBe(true)
    await truncate(paths[2] as string, made.shardSize)
    expectBytes((await read()).bytes, body)
    await rm(paths[0] as string)
    await expect(read()).rejects.toMatchObject({
      code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS',
      retryable: true,
    })
  })

  it('finds a wrong byte anywhere in data or table', async () => {
    const length = made.files[0]?.length ?? 0
    for (const at of [0, UNIT - 1, 5 * UNIT, made.shardSize - 1, made.shardSize, length - 1]) {
      const file = Uint8Array.from(made.files[2] as Uint8Array)
      flip(file, at, 0x80)
      await writeFile(paths[2] as string, file)
      const { bytes, events } = await read()
      expectBytes(bytes, body)
      expect(events.map(({ shard, state }) => [shard, state])).toEqual([[2, 'corrupt']])
    }
  })

  it('mixes files and other sources', async () => {
    const opened = await openShardFiles(paths)
    const { shards } = opened
    const sources = shards.map((shard, nth) => {
      if (nth === 0 || nth === 3) return undefined
      return nth < 3 ? shard : memorySource(made, nth)
    })
    const options = { scheme, lanes, unit: UNIT, size: body.length, shards: sources }
    expectBytes(await collectLeases(decodeStripes(options)), body)
    await opened.close()
  })

  it('takes data and checksums from where it is told', async () => {
    const moved = await Promise.all(
      made.files.map(async (file, shard) => {
        const path = join(folder, `moved.${shard}`)
        const table = file.subarray(made.shardSize)
        const data = file.subarray(0, made.shardSize)
        await writeFile(path, Buffer.concat([Buffer.alloc(100), table, Buffer.alloc(50), data]))
        return { path, dataPosition: 150 + table.length, checksumPosition: 100 }
      }),
    )
    const opened = await openShardFiles(moved.map(({ path }) => path))
    const { shards } = opened
    const sources = shards.map((shard, nth) => {
      const { dataPosition = 0, checksumPosition = 0 } = moved[nth] ?? {}
      return shard && { ...shard, dataPosition, checksumPosition }
    })
    const options = { scheme, lanes, unit: UNIT, size: body.length, shards: sources }
    expectBytes(await collectLeases(decodeStripes(options)), body)
    await opened.close()
  })
})
