import { digestOf } from '@millrace/checksums'
import { shardWritable } from '@millrace/ec-encode-stream/streamx'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { pipelinePromise, Readable } from 'streamx'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { bytesOf, expectFiles, shardFilesOf } from './fixtures.ts'

const UNIT = 4096
const scheme = { k: 2, m: 1 }
const lanes = openWorkerLanes({ scheme, unit: UNIT, threads: 1, slots: 3 })
afterEach(() => expect(lanes.pool.available).toBe(3))
afterAll(() => lanes.close())

describe('shardWritable()', () => {
  it('is the end of a pipeline', async () => {
    const body = bytesOf(50_000)
    const expected = shardFilesOf(body, scheme, UNIT)
    const files = expected.files.map((file) => new Uint8Array(file.length))
    const sinks = files.map((file) => (bytes: Uint8Array, position: number) => {
      file.set(bytes, position)
    })
    const { writable, summary } = shardWritable({ scheme, lanes, unit: UNIT, sinks, hash: ['md5'] })
    await pipelinePromise(Readable.from([body.subarray(0, 7), body.subarray(7)]), writable)
    expectFiles(files, expected.files)
    expect((await summary).digests.md5).toEqual(digestOf('md5', body))
  })

  it('fails with the error of a sink', async () => {
    const sinks = [
      () => {
        throw new Error('Sink')
      },
      undefined,
      undefined,
    ]
    const { writable, summary } = shardWritable({ scheme, lanes, unit: UNIT, sinks })
    await expect(pipelinePromise(Readable.from([bytesOf(50_000)]), writable)).rejects.toThrow(
      'Sink',
    )
    await expect(summary).rejects.toThrow('Sink')
  })

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController()
    const reason = new Error('Enough')
    const { writable } = shardWritable({ scheme, lanes, unit: UNIT, signal: controller.signal })
    const endless = new Readable({
      read(done) {
        endless.push(bytesOf(8192))
        done(null)
      },
    })
    setTimeout(() => controller.abort(reason), 10)
    await expect(pipelinePromise(endless, writable)).rejects.toBe(reason)
  })
})
