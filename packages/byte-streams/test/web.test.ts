import { ReadableStream } from 'node:stream/web'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collect } from '@millrace/byte-streams'
import { fromWebReadable, toWebReadable } from '@millrace/byte-streams/web'
import { chunks, countedSignal, joined, probe, soon } from './sources.ts'

test('bytes pass both ways for any chunking', async () => {
  await fc.assert(
    fc.asyncProperty(chunks, async (input) => {
      expect(await collect(fromWebReadable(toWebReadable(input)))).toEqual(joined(input))
    }),
    { numRuns: 40 },
  )
})

describe('toWebReadable()', () => {
  test('is lazy, and queues nothing', async () => {
    const source = probe([Uint8Array.of(1), Uint8Array.of(2)])
    const reader = toWebReadable(source).getReader()
    await soon()
    expect(source.pulls).toBe(0)
    await reader.read()
    await soon()
    expect(source.pulls).toBe(1)
    await reader.cancel()
    expect(source.returns).toBe(1)
  })

  test('copies shared memory, which a Response rejects', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7)
    const bytes = await new Response(toWebReadable([shared]) as never).arrayBuffer()
    expect(new Uint8Array(bytes)).toEqual(Uint8Array.of(7, 7, 7))
    const own = Uint8Array.of(1)
    expect((await toWebReadable([own]).getReader().read()).value).toBe(own)
  })

  test('passes the error of its source on', async () => {
    const failure = new Error('Broken source')
    await expect(toWebReadable(probe([], failure)).getReader().read()).rejects.toBe(failure)
  })
})

describe('fromWebReadable()', () => {
  test('cancels on early return, also when it was never started, and unlocks', async () => {
    for (const start of [true, false]) {
      let cancelled = 0
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(Uint8Array.of(1)),
        cancel: () => void cancelled++,
      })
      const iterator = fromWebReadable(stream)
      if (start) await iterator.next()
      await iterator.return()
      expect(cancelled).toBe(1)
      expect(stream.locked).toBe(false)
    }
  })

  test('rejects what is no Web stream at the call', () => {
    expect(() => fromWebReadable([] as never)).toThrow(TypeError)
  })
})

describe('signal', () => {
  const kinds: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    fromWebReadable: (signal) => collect(fromWebReadable(new ReadableStream(), { signal })),
    toWebReadable: (signal) => toWebReadable(probe([], 'park'), { signal }).getReader().read(),
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
      expect(listeners()).toBe(0)
    },
  )
})
