import * as fc from 'fast-check'
import { Duplex, pipelinePromise, Readable, Writable } from 'streamx'
import { describe, expect, test } from 'vitest'
import { collect, concatBytes, rechunk } from '@millrace/byte-streams'
import {
  fromStreamx,
  toStreamxReadable,
  toStreamxTransform,
  toStreamxWritable,
} from '@millrace/byte-streams/streamx'
import { chunks, countedSignal, joined, probe, soon } from './sources.ts'

function gather(): { sink: Writable; bytes(): Uint8Array } {
  const all: Uint8Array[] = []
  return {
    sink: new Writable({
      write(chunk, done) {
        all.push(chunk as Uint8Array)
        done(null)
      },
    }),
    bytes: () => concatBytes(all),
  }
}

test('bytes pass through readable, transform and writable for any chunking', async () => {
  await fc.assert(
    fc.asyncProperty(
      chunks,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 60 }),
      async (input, size, highWaterMark) => {
        const options = { highWaterMark }
        let output = new Uint8Array(0)
        await pipelinePromise(
          toStreamxReadable(input, options),
          toStreamxTransform(rechunk(size), options),
          toStreamxTransform(rechunk(3), options),
          toStreamxWritable(async (source: AsyncIterable<Uint8Array>) => {
            output = (await collect(source)) as Uint8Array<ArrayBuffer>
          }, options),
        )
        expect(output).toEqual(joined(input))
      },
    ),
    { numRuns: 60 },
  )
})

test('values that are not bytes pass too', async () => {
  const seen: number[] = []
  await pipelinePromise(
    toStreamxReadable([1, 2, 3]),
    toStreamxTransform(async function* (source: AsyncIterable<number>) {
      for await (const value of source) yield { value }
    }),
    toStreamxWritable(async (source: AsyncIterable<{ value: number }>) => {
      for await (const { value } of source) seen.push(value)
    }),
  )
  expect(seen).toEqual([1, 2, 3])
})

describe('toStreamxReadable()', () => {
  test('pulls nothing before it is read', async () => {
    const source = probe([1])
    toStreamxReadable(source)
    await soon()
    expect(source.pulls).toBe(0)
  })

  test('passes the error of its source to the pipeline', async () => {
    const failure = new Error('Broken source')
    await expect(
      pipelinePromise(toStreamxReadable(probe([Uint8Array.of(1)], failure)), gather().sink),
    ).rejects.toBe(failure)
  })

  test('closes a parked source when it is destroyed', async () => {
    const source = probe([], 'park')
    const readable = toStreamxReadable(source)
    readable.resume()
    await soon()
    const closed = new Promise((resolve) => readable.once('close', () => resolve('closed')))
    readable.destroy()
    expect(await closed).toBe('closed')
    expect(source.returns).toBe(1)
  })
})

describe('toStreamxTransform()', () => {
  test('passes an error of the transform on, and the error of its source to the transform', async () => {
    const failure = new Error('Broken stage')
    const failing = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        yield chunk
        throw failure
      }
    }
    const source = probe([Uint8Array.of(1), Uint8Array.of(2)], 'park')
    await expect(
      pipelinePromise(toStreamxReadable(source), toStreamxTransform(failing), gather().sink),
    ).rejects.toBe(failure)
    expect(source.returns).toBe(1)

    let seen: unknown
    const watching = async function* (input: AsyncIterable<Uint8Array>) {
      try {
        yield* input
      } catch (error) {
        seen = error
        throw error
      }
    }
    const broken = new Error('Broken source')
    const breaking = async function* () {
      yield Uint8Array.of(1)
      await soon()
      throw broken
    }
    await expect(
      pipelinePromise(toStreamxReadable(breaking()), toStreamxTransform(watching), gather().sink),
    ).rejects.toBe(broken)
    expect(seen).toBe(broken)
  })

  test('a destroyed input is never a clean end', async () => {
    let ended = false
    let failed = false
    const stage = toStreamxTransform(async function* (source: AsyncIterable<Uint8Array>) {
      try {
        for await (const chunk of source) yield chunk
        ended = true
      } catch {
        failed = true
      }
    })
    stage.write(Uint8Array.of(1))
    stage.resume()
    await soon()
    stage.destroy()
    await new Promise((resolve) => stage.once('close', () => resolve(undefined)))
    expect([ended, failed]).toEqual([false, true])
  })

  test('drops the rest of its input when the transform ends first', async () => {
    const output = gather()
    await pipelinePromise(
      toStreamxReadable(Array.from({ length: 50 }, (_, i) => Uint8Array.of(i))),
      toStreamxTransform(async function* (source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          yield chunk
          return
        }
      }),
      output.sink,
    )
    expect(output.bytes()).toEqual(Uint8Array.of(0))
  })

  test('holds its input back while nobody reads', async () => {
    const source = probe(
      Array.from({ length: 1000 }, () => new Uint8Array(1024)),
      'park',
    )
    toStreamxReadable(source, { highWaterMark: 4096 }).pipe(
      toStreamxTransform(rechunk(1024), { highWaterMark: 4096 }),
    )
    for (let i = 0; i < 20; i++) await soon()
    expect(source.pulls).toBeLessThan(20)
  })
})

describe('toStreamxWritable()', () => {
  test('fails the pipeline with the error of the sink, and closes the source', async () => {
    const failure = new Error('Disk full')
    const source = probe([Uint8Array.of(1)], 'park')
    await expect(
      pipelinePromise(
        toStreamxReadable(source),
        toStreamxWritable(async (input: AsyncIterable<Uint8Array>) => {
          for await (const _ of input) throw failure
        }),
      ),
    ).rejects.toBe(failure)
    expect(source.returns).toBe(1)
  })

  test('waits for the clean-up of the sink when the source breaks', async () => {
    const failure = new Error('Broken source')
    const steps: string[] = []
    await expect(
      pipelinePromise(
        toStreamxReadable(probe([Uint8Array.of(1)], failure)),
        toStreamxWritable(async (input: AsyncIterable<Uint8Array>) => {
          try {
            for await (const _ of input) steps.push('chunk')
          } catch (error) {
            await soon()
            steps.push('cleaned')
            throw error
          }
        }),
      ),
    ).rejects.toBe(failure)
    expect(steps.at(-1)).toBe('cleaned')
  })

  test('an empty pipeline still runs the sink', async () => {
    let ran = false
    await pipelinePromise(
      toStreamxReadable([]),
      toStreamxWritable(async (input: AsyncIterable<Uint8Array>) => {
        for await (const _ of input);
        ran = true
      }),
    )
    expect(ran).toBe(true)
  })
})

describe('signal', () => {
  const kinds: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    readable: (signal) =>
      pipelinePromise(toStreamxReadable(probe([], 'park'), { signal }), gather().sink),
    transform: (signal) =>
      pipelinePromise(
        toStreamxReadable(probe([], 'park')),
        toStreamxTransform(rechunk(2), { signal }),
        gather().sink,
      ),
    writable: (signal) =>
      pipelinePromise(
        toStreamxReadable(probe([], 'park')),
        toStreamxWritable((source: AsyncIterable<Uint8Array>) => collect(source), { signal }),
      ),
    fromStreamx: async (signal) => {
      for await (const _ of fromStreamx(toStreamxReadable(probe([], 'park')), { signal }));
    },
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

  test('no listener stays after a good end', async () => {
    const { signal, listeners } = countedSignal()
    await pipelinePromise(
      toStreamxReadable([Uint8Array.of(1)], { signal }),
      toStreamxTransform(rechunk(2), { signal }),
      toStreamxWritable((source: AsyncIterable<Uint8Array>) => collect(source), { signal }),
    )
    await soon()
    expect(listeners()).toBe(0)
  })
})

describe('fromStreamx()', () => {
  test('destroys the stream on early return, also when it was never started', async () => {
    const readable = toStreamxReadable(probe([Uint8Array.of(1)], 'park'))
    for await (const _ of fromStreamx(readable)) break
    expect(readable.destroyed).toBe(true)
    const unstarted = toStreamxReadable([])
    await fromStreamx(unstarted).return()
    expect(unstarted.destroying).toBe(true)
  })

  test('a stream that closes before its end is an error', async () => {
    const readable = new Readable()
    const reading = fromStreamx(readable).next()
    await soon()
    readable.destroy()
    await expect(reading).rejects.toMatchObject({
      code: 'ERR_BYTE_STREAMS_PREMATURE_CLOSE',
      retryable: true,
    })
    const failed = new Readable()
    const failure = new Error('Broken')
    failed.on('error', () => {})
    failed.destroy(failure)
    await soon()
    await expect(fromStreamx(failed).next()).rejects.toBe(failure)
  })
})

test('wrong arguments are rejected at the call', () => {
  expect(() => toStreamxReadable(undefined as never)).toThrow(TypeError)
  expect(() => toStreamxTransform(undefined as never)).toThrow(TypeError)
  expect(() => toStreamxWritable(undefined as never)).toThrow(TypeError)
  expect(() => toStreamxReadable([], { highWaterMark: 0 })).toThrow(RangeError)
  expect(toStreamxTransform(rechunk(1))).toBeInstanceOf(Duplex)
})
