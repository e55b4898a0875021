import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collect } from '@millrace/byte-streams'
import {
  fromNodeReadable,
  toNodeReadable,
  toNodeWritable,
  writeTo,
} from '@millrace/byte-streams/node'
import { chunks, countedSignal, joined, probe, soon } from './sources.ts'

test('bytes pass through every adapter for any chunking', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 60 }), async (input, highWaterMark) => {
      const expected = joined(input)
      expect(await collect(fromNodeReadable(toNodeReadable(input, { highWaterMark })))).toEqual(
        expected,
      )
      let sunk: Uint8Array | undefined
      await pipeline(
        toNodeReadable(input),
        toNodeWritable(
          async (source) => {
            sunk = await collect(source)
          },
          { highWaterMark },
        ),
      )
      expect(sunk).toEqual(expected)
      const through = new PassThrough({ highWaterMark })
      const [count, read] = await Promise.all([
        writeTo(through)(input),
        collect(fromNodeReadable(through)),
      ])
      expect(read).toEqual(expected)
      expect(count).toBe(expected.length)
    }),
    { numRuns: 40 },
  )
})

describe('fromNodeReadable()', () => {
  test('destroys the stream on early return, also when it was never started', async () => {
    const readable = Readable.from([Buffer.from('a'), Buffer.from('b')])
    for await (const _ of fromNodeReadable(readable)) break
    expect(readable.destroyed).toBe(true)
    const unstarted = Readable.from([])
    await fromNodeReadable(unstarted).return()
    expect(unstarted.destroyed).toBe(true)
  })

  test('a stream that closes before its end is an error, and so is text', async () => {
    const readable = new Readable({ read() {} })
    const reading = fromNodeReadable(readable).next()
    await soon()
    readable.destroy()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_BYTE_STREAMS_PREMATURE_CLOSE' })
    await expect(collect(fromNodeReadable(Readable.from(['text'])))).rejects.toMatchObject({
      code: 'ERR_BYTE_STREAMS_NOT_BYTES',
    })
  })

  test('a response that breaks off is an error', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('short', () => response.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    await expect(collect(fromNodeReadable(response))).rejects.toThrow()
    server.close()
  })
})

describe('toNodeReadable()', () => {
  test('closes a parked source when it is destroyed', async () => {
    const source = probe([Uint8Array.of(1)], 'park')
    const readable = toNodeReadable(source).resume()
    await soon()
    readable.destroy()
    await once(readable, 'close')
    expect(source.returns).toBe(1)
  })

  test('passes the error of its source on', async () => {
    const failure = new Error('Broken source')
    await expect(collect(fromNodeReadable(toNodeReadable(probe([], failure))))).rejects.toBe(
      failure,
    )
  })
})

describe('writeTo()', () => {
  test('writes no further while the writable is full', async () => {
    let release: (() => void) | undefined
    const writable = new Writable({
      highWaterMark: 2,
      write(_chunk, _encoding, done) {
        release = done
      },
    })
    const source = probe([Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)])
    const writing = writeTo(writable)(source)
    for (let i = 0; i < 5; i++) await soon()
    expect(source.pulls).toBe(2)
    while (!writable.writableFinished) {
      release?.()
      await soon()
    }
    expect(await writing).toBe(3)
  })

  test('closes a parked source at once when the writable fails or closes', async () => {
    const failure = new Error('Disk full')
    for (const error of [failure, undefined]) {
      const source = probe([], 'park')
      const writable = new Writable()
      const writing = writeTo(writable)(source)
      await soon()
      writable.destroy(error)
      if (error === undefined) {
        await expect(writing).rejects.toMatchObject({ code: 'ERR_BYTE_STREAMS_PREMATURE_CLOSE' })
      } else await expect(writing).rejects.toBe(error)
      expect(source.returns).toBe(1)
      expect(writable.listenerCount('error') + writable.listenerCount('drain')).toBeLessThan(2)
    }
  })

  test('destroys the writable when the source fails: no short body with a clean end', async () => {
    const failure = new Error('Broken source')
    const writable = new PassThrough()
    await expect(writeTo(writable)(probe([Uint8Array.of(1)], failure))).rejects.toBe(failure)
    expect(writable.destroyed).toBe(true)
    expect(writable.writableFinished).toBe(false)
  })

  test('leaves the writable open on request, with everything flushed', async () => {
    const written: number[] = []
    const writable = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        setImmediate(() => {
          written.push(...chunk)
          done()
        })
      },
    })
    await writeTo(writable, { end: false })([Uint8Array.of(1), Uint8Array.of(2)])
    expect(written).toEqual([1, 2])
    expect(writable.writableEnded).toBe(false)
    await writeTo(writable)([Uint8Array.of(3)])
    expect(written).toEqual([1, 2, 3])
    await expect(writeTo(writable)([])).rejects.toMatchObject({
      code: 'ERR_BYTE_STREAMS_PREMATURE_CLOSE',
    })
  })
})

describe('toNodeWritable()', () => {
  test('fails with the error of the sink, and tells the sink when it is destroyed', async () => {
    const failure = new Error('Disk full')
    const failing = toNodeWritable(async (source) => {
      for await (const _ of source) throw failure
    })
    await expect(pipeline(Readable.from([Buffer.from('a')]), failing)).rejects.toBe(failure)
    let seen: unknown
    const told = toNodeWritable(async (source) => {
      try {
        await collect(source)
      } catch (error) {
        seen = error
      }
    })
    told.write('a')
    await soon()
    told.destroy()
    await once(told, 'close')
    expect(seen).toMatchObject({ code: 'ERR_BYTE_STREAMS_PREMATURE_CLOSE' })
  })
})

describe('signal', () => {
  const kinds: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    fromNodeReadable: (signal) =>
      collect(fromNodeReadable(new Readable({ read() {} }), { signal })),
    toNodeReadable: (signal) =>
      collect(fromNodeReadable(toNodeReadable(probe([], 'park'), { signal }))),
    writeTo: (signal) => writeTo(new PassThrough(), { signal })(probe([], 'park')),
    toNodeWritable: (signal) =>
      pipeline(toNodeReadable(probe([], 'park')), toNodeWritable(collect, { signal })),
  }

  test.each(Object.entries(kinds))(
    '%s: aborted already and in flight, the reason itself, no listener',
    async (_kind, run) => {
      const reason = new Error('Enough')
      await expect(run(AbortSignal.abort(reason))).rejects.toBe(reason)
      const { controller, signal, listeners } = countedSignal()
      const running = run(signal)
      await soon()
      expect(listeners()).toBe(1)
      controller.abort(reason)
      await expect(running).rejects.toBe(reason)
      await soon()
      expect(listeners()).toBe(0)
    },
  )
})
