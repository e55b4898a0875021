import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prefetch } from '@millrace/prefetch-pipe'
import { AT_REST, gate, gather, pattern, rangesOf, settle, untilAborted } from './gates.ts'

const broken = (fields: object = {}): Error => Object.assign(new Error('broken off'), fields)
const noDelay = async (): Promise<void> => {}

describe('a fetch that fails before its first byte', () => {
  it('is repeated at once, once, when the refreshed locations differ', async () => {
    const calls: string[] = []
    const waits: number[] = []
    const stream = prefetch(['a'], {
      locate: () => ['old-1', 'old-2'],
      refresh: (item, { error, locations }) => {
        calls.push(`refresh ${item} ${(error as Error).message} ${locations.join()}`)
        return ['new']
      },
      delay: async (ms) => {
        waits.push(ms)
      },
      fetch: async (_, { locations, attempt, offset }) => {
        calls.push(`fetch ${locations.join()} ${attempt} ${offset}`)
        if (attempt === 0) throw broken()
        return Uint8Array.of(1)
      },
    })
    expect([...(await gather(stream))]).toEqual([1])
    expect(calls).toEqual([
      'fetch old-1,old-2 0 0',
      'refresh a broken off old-1,old-2',
      'fetch new 1 0',
    ])
    expect(waits).toEqual([])
    expect(stream.stats()).toMatchObject({ ...AT_REST, refetched: 1 })
  })

  it('keeps its error when the refreshed locations are the same in another order', async () => {
    const failure = broken()
    let fetches = 0
    let refreshes = 0
    const stream = prefetch(['a'], {
      locate: () => ['x', 'y'],
      refresh: () => {
        refreshes++
        return ['y', 'x']
      },
      fetch: async () => {
        fetches++
        throw failure
      },
    })
    await expect(stream.next()).rejects.toBe(failure)
    expect([fetches, refreshes]).toEqual([1, 1])
  })

  it('keeps its error when the refresh fails, and is refreshed only once', async () => {
    const failure = broken()
    const once = prefetch(['a'], {
      refresh: () => Promise.reject(new Error('lookup down')),
      fetch: () => Promise.reject(failure),
    })
    await expect(once.next()).rejects.toBe(failure)
    let refreshes = 0
    const twice = prefetch(['a'], {
      refresh: () => [`place ${refreshes++}`],
      fetch: () => Promise.reject(failure),
    })
    await expect(twice.next()).rejects.toBe(failure)
    expect(refreshes).toBe(1)
  })

  it('is not refetched when the pipe ends during the refresh', async () => {
    const looking = gate<string[]>()
    let fetches = 0
    const controller = new AbortController()
    const stream = prefetch(['a'], {
      signal: controller.signal,
      locate: () => ['old'],
      refresh: () => looking.opened,
      fetch: () => {
        fetches++
        return Promise.reject(broken())
      },
    })
    const read = stream.next()
    await settle()
    controller.abort(new Error('gone'))
    looking.open(['new'])
    await expect(read).rejects.toThrow('gone')
    expect(fetches).toBe(1)
  })

  it('is retried with growing, jittered waits only while its error calls itself retryable', async () => {
    const waits: number[] = []
    const failure = broken({ retryable: true })
    const stream = prefetch(['a'], {
      retries: 3,
      random: () => 0.5,
      delay: async (ms) => {
        waits.push(ms)
      },
      fetch: () => Promise.reject(failure),
    })
    await expect(stream.next()).rejects.toBe(failure)
    expect(waits).toEqual([75, 150, 300])
    expect(stream.stats().refetched).toBe(3)

    let plain = 0
    const never = prefetch(['a'], {
      delay: noDelay,
      fetch: () => {
        plain++
        throw broken()
      },
    })
    await expect(never.next()).rejects.toThrow('broken off')
    expect(plain).toBe(1)
  })

  it('is retried as the predicate says, and on broken connections', async () => {
    for (const [error, retryable] of [
      [broken(), () => true],
      [broken({ code: 'ECONNRESET' }), undefined],
    ] as const) {
      let fetches = 0
      const stream = prefetch(['a'], {
        delay: noDelay,
        ...(retryable && { retryable }),
        fetch: async () => {
          if (fetches++ < 2) throw error
          return Uint8Array.of(7)
        },
      })
      expect([...(await gather(stream))]).toEqual([7])
    }
  })
})

describe('a fetch that breaks off after k bytes', () => {
  it('fails when it may not be resumed, after the bytes it brought', async () => {
    const failure = broken({ retryable: true })
    let refreshes = 0
    const stream = prefetch(['a'], {
      delay: noDelay,
      refresh: () => {
        refreshes++
        return ['elsewhere']
      },
      async *fetch() {
        yield Uint8Array.of(1, 2)
        throw failure
      },
    })
    expect((await stream.next()).value).toEqual(Uint8Array.of(1, 2))
    await expect(stream.next()).rejects.toBe(failure)
    expect(refreshes).toBe(0)
    expect(stream.stats()).toMatchObject({ ...AT_REST, refetched: 0 })
  })

  it('is resumed at what was fetched, not at what was consumed', async () => {
    const offsets: number[] = []
    const file = pattern(10)
    const stream = prefetch([{ start: 0, end: 10 }], {
      resume: true,
      async *fetch(_, { offset }) {
        offsets.push(offset)
        yield file.subarray(offset, offset + 2)
        yield file.subarray(offset + 2, offset + 4)
        if (offsets.length < 2) throw broken()
        yield file.subarray(offset + 4)
      },
    })
    await stream.next()
    await settle()
    expect(offsets).toEqual([0, 4])
    expect([...(await gather(stream))]).toEqual([...file.subarray(2)])
  })

  it('is never resumed when its error says that this is useless', async () => {
    let fetches = 0
    const stream = prefetch(['a'], {
      resume: true,
      async *fetch() {
        fetches++
        yield Uint8Array.of(1)
        throw broken({ retryable: false })
      },
    })
    await expect(gather(stream)).rejects.toThrow('broken off')
    expect(fetches).toBe(1)
  })

  it('gives the same bytes wherever it breaks, and however often within the retries', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat(199), { maxLength: 4 }),
        fc.boolean(),
        async (length, size, step, faults, short) => {
          const file = pattern(length)
          const left = new Set(faults)
          const stream = prefetch(rangesOf(length, size), {
            resume: (item) => item.start >= 0,
            delay: noDelay,
            retryable: () => true,
            async *fetch({ start, end }, { offset }) {
              for (let at = start + offset; at < end; at += step) {
                for (const fault of left) {
                  if (fault < at || fault >= Math.min(end, at + step)) continue
                  left.delete(fault)
                  if (fault > at) yield file.subarray(at, fault)
                  if (short) return
                  throw broken()
                }
                yield file.subarray(at, Math.min(end, at + step))
              }
            },
          })
          expect(Buffer.compare(await gather(stream), file)).toBe(0)
          expect(stream.stats()).toMatchObject(AT_REST)
        },
      ),
      { numRuns: 150 },
    )
  }, 60_000)
})

describe('an item of the wrong length', () => {
  const item = { start: 0, end: 10 }

  it('fails when short and not resumable', async () => {
    const stream = prefetch([item], { delay: noDelay, fetch: async () => new Uint8Array(9) })
    await stream.next()
    await expect(stream.next()).rejects.toMatchObject({
      code: 'ERR_PREFETCH_SHORT_ITEM',
      retryable: true,
    })
  })

  it('fails when long, and its body is closed', async () => {
    let closed = false
    const stream = prefetch([item], {
      resume: true,
      async *fetch() {
        try {
          for (;;) yield new Uint8Array(6)
        } finally {
          closed = true
        }
      },
    })
    await expect(gather(stream)).rejects.toMatchObject({
      code: 'ERR_PREFETCH_LONG_ITEM',
      retryable: false,
    })
    expect(closed).toBe(true)
  })

  it('or of no bytes at all is an error', async () => {
    for (const body of ['text', 7, undefined, ['text']]) {
      const stream = prefetch([1], { fetch: () => body as never })
      await expect(stream.next()).rejects.toMatchObject({ code: 'ERR_PREFETCH_BAD_BODY' })
    }
  })
})

describe('the order of failures', () => {
  it('prepare fails before any byte and before any fetch', async () => {
    let fetches = 0
    const failure = new Error('lookup failed')
    const stream = prefetch([1, 2, 3], {
      locate: async (item) => {
        if (item === 3) throw failure
        return []
      },
      fetch: () => {
        fetches++
        return Uint8Array.of(1)
      },
    })
    await expect(stream.next()).rejects.toBe(failure)
    expect(fetches).toBe(0)
  })

  it('an ordered failure comes after all bytes before it, and nothing starts after it', async () => {
    const failure = broken()
    const started: number[] = []
    const late = gate()
    const stream = prefetch([0, 1, 2, 3, 4, 5], {
      depth: 2,
      fetch: async (item) => {
        started.push(item)
        if (item === 0) await late.opened
        if (item === 1) throw failure
        return Uint8Array.of(item)
      },
    })
    const first = stream.next()
    await settle()
    late.open()
    expect((await first).value).toEqual(Uint8Array.of(0))
    await expect(stream.next()).rejects.toBe(failure)
    expect(started).toEqual([0, 1])
    expect(stream.stats()).toMatchObject(AT_REST)
  })

  it('an unordered failure comes at once and stops the others', async () => {
    const failure = broken()
    let stopped = 0
    const stream = prefetch([0, 1, 2], {
      ordered: false,
      fetch: async (item, { signal }) => {
        if (item === 1) throw failure
        return untilAborted(signal).finally(() => stopped++)
      },
    })
    await expect(stream.next()).rejects.toBe(failure)
    expect(stopped).toBe(2)
  })

  it('a consumer that fails never causes a fetch', async () => {
    const fetched: string[] = []
    const refreshed: unknown[] = []
    const stream = prefetch(rangesOf(100, 10), {
      depth: 3,
      resume: true,
      retryable: () => true,
      refresh: (item) => {
        refreshed.push(item)
        return ['x']
      },
      async *fetch({ start }, { signal, attempt }) {
        fetched.push(`${start}/${attempt}`)
        yield new Uint8Array(5)
        await untilAborted(signal)
      },
    })
    await expect(
      (async () => {
        for await (const chunk of stream) throw new Error(`disk full: ${chunk.length}`)
      })(),
    ).rejects.toThrow('disk full')
    const before = fetched.length
    await settle()
    expect(fetched).toEqual(['0/0', '10/0', '20/0'])
    expect(fetched.length).toBe(before)
    expect(refreshed).toEqual([])
    expect(stream.stats()).toMatchObject({ ...AT_REST, refetched: 0 })
  })
})
