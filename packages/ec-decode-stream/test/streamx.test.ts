import { shardReadable } from '@millrace/ec-decode-stream/streamx'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { pipelinePromise, Writable } from 'streamx'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bytesOf, makeShards, memorySource } from './fixtures.ts'

const UNIT = 1024
const scheme = { k: 2, m: 1 }
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 1, slots: 3 })
const body = bytesOf(20_000)
const made = makeShards(body, scheme, UNIT)
const sources = made.files.map((_, shard) => (shard === 1 ? undefined : memorySource(made, shard)))
afterEach(() => expect(lanes.pool.available).toBe(3))
afterAll(() => lanes.close())

describe('shardReadable()', () => {
  it('is the start of a pipeline', async () => {
    const chunks: Uint8Array[] = []
    const sink = new Writable({
      write(chunk, done) {
        chunks.push(chunk as Uint8Array)
        done(null)
      },
    })
    const readable = shardReadable({
      scheme,
      lanes,
      unit: UNIT,
      size: body.length,
      shards: sources,
    })
    await pipelinePromise(readable, sink)
    expect(Buffer.concat(chunks).equals(body)).toBe(true)
  })

  it('fails with the error of the stream', async () => {
    const shards = [undefined, undefined, memorySource(made, 2)]
    const readable = shardReadable({ scheme, lanes, unit: UNIT, size: body.length, shards })
    await expect(
      pipelinePromise(readable, new Writable({ write: (_, done) => done(null) })),
    ).rejects.toMatchObject({ code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS' })
  })

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController()
    const reason = new Error('Enough')
    const options = { scheme, lanes, unit: UNIT, size: body.length, shards: sources }
    const readable = shardReadable({ ...options, signal: controller.signal })
    const sink = new Writable({
      write(_, done) {
        controller.abort(reason)
        done(null)
      },
    })
    await expect(pipelinePromise(readable, sink)).rejects.toBe(reason)
    // Destroying a stream ends its reads soon, not at once.
    while (lanes.pool.available < 3) await new Promise((resolve) => setImmediate(resolve))
  })
})
