import { readFile, writeFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { pipe } from 'it-pipe'
import { pipelinePromise, Readable } from 'streamx'
import { describe, expect, test } from 'vitest'
import { rechunk } from '@millrace/byte-streams'
import { createBufferPool, type Lease, type LeaseStream } from '@millrace/pooled-buffers'
import {
  fsWriter,
  GATHER_BELOW,
  GATHERED_SIZE,
  type PositionedWriter,
  pwriteSink,
  type Span,
  writeSpans,
} from '@millrace/pwrite-sink'
import { toPwriteWritable, toSpansWritable } from '@millrace/pwrite-sink/streamx'
import { pattern, soon, useFolder } from './files.ts'

const folder = useFolder()
const quick = { fsync: 'none' } as const

/** Values, then an end, a failure, or nothing more; counts how often it was closed. */
function probe<T>(
  values: readonly T[],
  end: 'end' | 'park' | Error,
): AsyncIterable<T> & { returns: number } {
  const state = {
    returns: 0,
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const items = values.values()
      return {
        next() {
          const item = items.next()
          if (item.done !== true) return Promise.resolve(item)
          if (end === 'park') return new Promise(() => {})
          return end === 'end'
            ? Promise.resolve({ done: true, value: undefined })
            : Promise.reject(end)
        },
        return() {
          state.returns++
          return Promise.resolve({ done: true, value: undefined })
        },
      }
    },
  }
  return state
}

const failingWriter = (at: number, error: Error): PositionedWriter => {
  let count = 0
  return { write: (...span) => (count++ === at ? Promise.reject(error) : fsWriter.write(...span)) }
}

test('pwriteSink() writes any chunking of any stream, by every way in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      async (chunks, concurrency) => {
        const whole = Buffer.concat(chunks)
        const options = { ...quick, concurrency, mode: 'replace' } as const
        const result = await pipe(chunks, rechunk(64), pwriteSink(folder.file(), options))
        expect(result).toMatchObject({ path: folder.file(), size: whole.length, direct: 'off' })
        expect((await readFile(folder.file())).equals(whole)).toBe(true)
        await pipelinePromise(Readable.from(chunks), toPwriteWritable(folder.file(), options))
        expect((await readFile(folder.file())).equals(whole)).toBe(true)
        const ends = chunks.map((_, i) => Buffer.concat(chunks.slice(0, i + 1)).length)
        const spans = chunks
          .map((bytes, i): Span => ({ bytes, position: (ends[i] ?? 0) - bytes.length }))
          .reverse()
        await pipelinePromise(
          Readable.from(spans),
          toSpansWritable(folder.file(), { ...options, size: whole.length }),
        )
        expect((await readFile(folder.file())).equals(whole)).toBe(true)
      },
    ),
    { numRuns: 30 },
  )
  expect(await folder.names()).toEqual(['file'])
}, 60_000)

test('a LeaseStream is written slot by slot, and every slot comes back', async () => {
  const pool = createBufferPool({ slotSize: 4096, slots: 3, debug: true })
  const stream: LeaseStream = {
    [Symbol.asyncIterator]: () => {
      throw new Error('Copied')
    },
    async *leases() {
      for (let i = 0; i < 10; i++) {
        const lease = await pool.acquire()
        lease.bytes.fill(i)
        yield lease
      }
    },
  }
  expect(await pwriteSink(folder.file(), { ...quick, direct: true })(stream)).toMatchObject({
    size: 40_960,
  })
  const expected = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(4096, i)))
  expect((await readFile(folder.file())).equals(expected)).toBe(true)
  expect(pool.available).toBe(3)
})

test('no more writes are under way than allowed', async () => {
  let most = 0
  let now = 0
  const writer: PositionedWriter = {
    async write() {
      most = Math.max(most, ++now)
      await soon()
      now--
    },
  }
  const chunks = Array.from({ length: 20 }, () => new Uint8Array(GATHER_BELOW))
  await pwriteSink(folder.file(), { ...quick, writer, concurrency: 3 })(chunks)
  expect(most).toBe(3)
  most = 0
  await pwriteSink(folder.file(), { ...quick, writer, concurrency: 1, mode: 'replace' })(chunks)
  expect(most).toBe(1)
})

test('small chunks are gathered, large ones are passed on as they are', async () => {
  const small = Array.from({ length: 100 }, (_, i) => new Uint8Array(10_000).fill(i))
  const large = new Uint8Array(GATHER_BELOW).fill(200)
  const writes: Uint8Array[] = []
  const writer: PositionedWriter = {
    write(fd, bytes, position, slot) {
      writes.push(bytes)
      return fsWriter.write(fd, bytes, position, slot)
    },
  }
  await pwriteSink(folder.file(), { ...quick, writer })([...small, large, ...small.slice(0, 3)])
  expect(writes.every(({ length }) => length <= GATHERED_SIZE)).toBe(true)
  expect(writes).toContain(large)
  expect(writes).toHaveLength(6)
  const expected = Buffer.concat([...small, large, ...small.slice(0, 3)])
  expect((await readFile(folder.file())).equals(expected)).toBe(true)
})

describe('faults', () => {
  const spans = (pool: ReturnType<typeof createBufferPool>, count: number): AsyncIterable<Span> =>
    (async function* () {
      for (let i = 0; i < count; i++) yield { lease: await pool.acquire(), position: i * 4096 }
    })()

  test.each([0, 1, 4, 7])(
    'a failure of write %i: the old file stays, nothing else does, slots come back',
    async (at) => {
      await writeFile(folder.file(), 'old')
      const pool = createBufferPool({ slotSize: 4096, slots: 3, debug: true })
      const cause = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      const options = { mode: 'replace', writer: failingWriter(at, cause) } as const
      await expect(writeSpans(folder.file(), options)(spans(pool, 8))).rejects.toMatchObject({
        code: 'ERR_PWRITE_SINK_NO_SPACE',
        cause,
      })
      expect(await folder.names()).toEqual(['file'])
      expect(await readFile(folder.file(), 'utf8')).toBe('old')
      expect(pool.available).toBe(3)
    },
  )

  test('a failing write closes a parked source', async () => {
    const source = probe([new Uint8Array(GATHER_BELOW)], 'park')
    const writer = failingWriter(0, new Error('Broken'))
    await expect(pwriteSink(folder.file(), { ...quick, writer })(source)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_IO',
    })
    expect(source.returns).toBe(1)
    expect(await folder.names()).toEqual([])
  })

  test('an error of the source arrives as it is', async () => {
    const failure = new Error('Connection lost')
    await expect(pwriteSink(folder.file(), quick)(probe([pattern(3)], failure))).rejects.toBe(
      failure,
    )
    await expect(
      pipelinePromise(
        Readable.from(probe([pattern(3)], failure)),
        toPwriteWritable(folder.file(), quick),
      ),
    ).rejects.toBe(failure)
    expect(await folder.names()).toEqual([])
  })

  test('gaps and overlaps in the spans', async () => {
    const run = (list: Span[]) => writeSpans(folder.file(), { ...quick, size: 10 })(list)
    await expect(run([{ position: 0, bytes: pattern(9) }])).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_INCOMPLETE',
      ranges: [{ start: 9, end: 10 }],
    })
    await expect(
      run([
        { position: 0, bytes: pattern(6) },
        { position: 5, bytes: pattern(5) },
      ]),
    ).rejects.toMatchObject({ code: 'ERR_PWRITE_SINK_OVERLAP', ranges: [{ start: 5, end: 6 }] })
    expect(await folder.names()).toEqual([])
  })

  test('a file that cannot be opened closes the source', async () => {
    const source = probe([pattern(1)], 'park')
    await expect(pwriteSink(folder.file('missing/file'))(source)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_CANNOT_OPEN',
    })
    expect(source.returns).toBe(1)
  })
})

describe('abort', () => {
  const ways: Record<
    string,
    (source: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<unknown>
  > = {
    pwriteSink: (source, signal) => pwriteSink(folder.file(), { ...quick, signal })(source),
    streamx: (source, signal) =>
      pipelinePromise(Readable.from(source), toPwriteWritable(folder.file(), { ...quick, signal })),
  }

  test.each(Object.entries(ways))(
    '%s: before and in flight, the reason itself, nothing stays',
    async (_way, run) => {
      const reason = new Error('Enough')
      const before = probe([pattern(3)], 'park')
      await expect(run(before, AbortSignal.abort(reason))).rejects.toBe(reason)
      const controller = new AbortController()
      const parked = probe([pattern(3)], 'park')
      const running = run(parked, controller.signal)
      while ((await folder.names()).length === 0) await soon()
      controller.abort(reason)
      await expect(running).rejects.toBe(reason)
      expect([before.returns, parked.returns]).toEqual([1, 1])
      expect(await folder.names()).toEqual([])
    },
  )

  test('one listener, and none afterwards', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    let most = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      most = Math.max(most, ++listeners)
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    await pwriteSink(folder.file(), { ...quick, signal })([pattern(3)])
    expect([most, listeners]).toEqual([1, 0])
  })

  test('a span that comes after the abort gives its lease back', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1 })
    const controller = new AbortController()
    let give: ((lease: Lease) => void) | undefined
    const late = (async function* (): AsyncGenerator<Span> {
      yield {
        position: 0,
        lease: await new Promise<Lease>((resolve) => {
          give = resolve
        }),
      }
    })()
    const running = writeSpans(folder.file(), { ...quick, signal: controller.signal })(late)
    while (give === undefined) await soon()
    controller.abort(new Error('Enough'))
    await expect(running).rejects.toThrow('Enough')
    give(await pool.acquire())
    await soon()
    expect(pool.available).toBe(1)
  })
})

test('wrong arguments are refused at the call', () => {
  expect(() => pwriteSink('')).toThrow(RangeError)
  expect(() => writeSpans('a', { concurrency: 0 })).toThrow(RangeError)
  expect(() => toPwriteWritable('a', { size: -1 })).toThrow(RangeError)
})
