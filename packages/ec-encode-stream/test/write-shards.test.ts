import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createShardFiles,
  encodeStripes,
  type ShardSink,
  writeShards,
} from '@millrace/ec-encode-stream'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { pipe } from 'it-pipe'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, expectFiles, shardFilesOf } from './fixtures.ts'

const UNIT = 4096
const scheme = { k: 4, m: 2 }
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 2, slots: 4 })
const body = bytesOf(5 * 4 * UNIT + 1234)
const expected = shardFilesOf(body, scheme, UNIT)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'encode-'))
})
afterEach(() => {
  expect(lanes.pool.available).toBe(4)
})
afterAll(async () => {
  await lanes.close()
  await rm(folder, { recursive: true })
})

describe('writeShards()', () => {
  it('hands each shard to its sink at its place', async () => {
    const files: Uint8Array[] = expected.files.map((file) => new Uint8Array(file.length))
    const sinks = files.map((file, nth): ShardSink | undefined =>
      nth === 3
        ? undefined
        : async (bytes, position, shard) => {
            await Promise.resolve()
            expect(shard).toBe(nth)
            file.set(bytes, position)
          },
    )
    await pipe([body], encodeStripes({ scheme, lanes, unit: UNIT }), writeShards({ sinks }))
    files[3] = expected.files[3] as Uint8Array
    expectFiles(files, expected.files)
  })

  it('rejects with the error of a sink, once the others are done with the stripe', async () => {
    let writing = 0
    const sinks = expected.files.map(
      (_, shard): ShardSink =>
        async () => {
          writing++
          if (shard === 2) throw new Error('Sink')
          await new Promise((resolve) => setTimeout(resolve, 5))
          expect(lanes.pool.available).toBeLessThan(4)
          writing--
        },
    )
    const stripes = encodeStripes({ scheme, lanes, unit: UNIT })([body])
    await expect(writeShards({ sinks })(stripes)).rejects.toThrow('Sink')
    expect(writing).toBe(1)
  })

  it('refuses sinks that are not functions', () => {
    expect(() => writeShards({ sinks: [1 as never] })).toThrow(
      expect.objectContaining({ code: 'ERR_EC_ENCODE_STREAM_INVALID_ARGUMENT' }),
    )
  })
})

describe('shard files', () => {
  it('get their data from the workers and the tables after it', async () => {
    const paths = expected.files.map((_, shard) => join(folder, `body.${shard}`))
    const created = await createShardFiles(paths)
    const { files } = created
    const options = { scheme, lanes, unit: UNIT, files }
    const before = lanes.counts.hops
    const { failures, stripes } = await pipe([body], encodeStripes(options), writeShards())
    await created.close()
    expect(failures).toEqual(Array.from({ length: 6 }))
    expect(lanes.counts.hops - before).toBe(stripes)
    for (const [shard, path] of paths.entries()) {
      const content = await readFile(path)
      const data = expected.files[shard] as Uint8Array
      expect(
        Buffer.compare(content, Buffer.concat([data, expected.tables[shard] as Uint8Array])),
      ).toBe(0)
    }
  })

  it('begin at their dataPosition, and get no table when that is not wanted', async () => {
    const handle = await open(join(folder, 'at'), 'w+')
    const files = expected.files.map((_, shard) =>
      shard === 5 ? { fd: handle.fd, dataPosition: 512 } : undefined,
    )
    const options = { scheme, lanes, unit: UNIT, files, quorum: 1 }
    await writeShards({ tables: false })(encodeStripes(options)([body]))
    const content = await readFile(join(folder, 'at'))
    expect(content.length).toBe(512 + expected.shardSize)
    expect(Buffer.compare(content.subarray(512), expected.files[5] as Uint8Array)).toBe(0)
    await handle.close()
  })

  it('that fail are named and left alone, as long as there are enough', async () => {
    const created = await createShardFiles(
      expected.files.map((_, shard) => join(folder, `some.${shard}`)),
    )
    const { files } = created
    const readOnly = await open(process.execPath, 'r')
    const broken = files.map((file, shard) => (shard === 1 ? { fd: readOnly.fd } : file))
    const options = { scheme, lanes, unit: UNIT, files: broken, depth: 1 }
    const seen: (string | undefined)[] = []
    const stream = encodeStripes(options)([body])
    for await (const stripe of stream) {
      seen.push(stripe.failures[1])
      stripe.release()
    }
    const { failures } = await stream.summary
    expect(failures[1]).toEqual({ code: 'EBADF', stripe: 0 })
    expect(failures.filter(Boolean)).toHaveLength(1)
    expect(new Set(seen)).toEqual(new Set(['EBADF']))
    const strict = encodeStripes({ ...options, quorum: 6 })([body])
    await expect(writeShards()(strict)).rejects.toMatchObject({
      code: 'ERR_EC_ENCODE_STREAM_TOO_FEW_FILES',
      retryable: true,
    })
    await readOnly.close()
    await created.close()
  })

  it('are all closed when one cannot be created', async () => {
    await expect(
      createShardFiles([join(folder, 'one'), join(folder, 'no', 'such', 'folder')]),
    ).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
