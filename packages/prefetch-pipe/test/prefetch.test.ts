import { pipe } from 'it-pipe'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createByteBudget, prefetch } from '@millrace/prefetch-pipe'
import { AT_REST, gate, gather, pattern, rangesOf, settle, untilAborted } from './gates.ts'

describe('prefetch() bytes', () => {
  it('are the same for every size, depth, budget, chunking and order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          length: fc.nat(400),
          size: fc.integer({ min: 1, max: 90 }),
          step: fc.integer({ min: 1, max: 100 }),
          depth: fc.oneof(fc.constant('adaptive' as const), fc.integer({ min: 1, max: 9 })),
          budget: fc.oneof(fc.nat(200), fc.constant(1 << 20)),
          maxQueued: fc.integer({ min: 1, max: 8 }),
          known: fc.boolean(),
          asyncItems: fc.boolean(),
          ordered: fc.boolean(),
        }),
        fc.scheduler(),
        async (o, s) => {
          const file = pattern(o.length)
          const ranges = rangesOf(o.length, o.size)
          async function* slowly() {
            for (const range of ranges) {
              await s.schedule(Promise.resolve(), 'item')
              yield range
            }
          }
          const options = {
            depth: o.depth,
            budget: o.budget,
            maxQueued: o.maxQueued,
            ...(o.known ? {} : { length: () => undefined }),
            async *fetch(
              { start, end }: { start: number; end: number },
              { offset }: { offset: number },
            ) {
              for (let at = start + offset; at < end; at += o.step) {
                await s.schedule(Promise.resolve(), `chunk ${at}`)
                yield file.subarray(at, Math.min(end, at + o.step))
              }
            },
          }
          const items = o.asyncItems ? slowly() : ranges
          const out = new Uint8Array(o.length)
          if (o.ordered) {
            const stream = prefetch(items, options)
            out.set(await s.waitFor(gather(stream)))
            expect(stream.stats()).toMatchObject(AT_REST)
          } else {
            const stream = prefetch(items, { ...options, ordered: false })
            let bytes = 0
            await s.waitFor(
              (async () => {
                for await (const { item, offset, chunk } of stream) {
                  out.set(chunk, item.start + offset)
                  bytes += chunk.length
                }
              })(),
            )
            expect(bytes).toBe(o.length)
            expect(stream.stats()).toMatchObject(AT_REST)
          }
          expect(Buffer.compare(out, file)).toBe(0)
        },
      ),
      { numRuns: 120, timeout: 5000 },
    )
  }, 60_000)

  it('come from synchronous bodies too: one array, many chunks, an empty item', async () => {
    const stream = prefetch([0, 1, 2, 3], {
      fetch: (item) =>
        item === 0 ? Uint8Array.of(1) : item === 1 ? [] : [Uint8Array.of(2), Uint8Array.of(3)],
    })
    expect([...(await gather(stream))]).toEqual([1, 2, 3, 2, 3])
    expect(stream.stats()).toMatchObject(AT_REST)
  })

  it('flow through it-pipe', async () => {
    const file = pattern(1000)
    const out = await pipe(
      prefetch(rangesOf(1000, 77), { fetch: ({ start, end }) => file.subarray(start, end) }),
      gather,
    )
    expect(Buffer.compare(out, file)).toBe(0)
  })

  it('answer several pending reads in order', async () => {
    const gates = [gate(), gate(), gate()]
    const stream = prefetch([0, 1, 2], {
      fetch: async (item) => {
        await gates[item]?.opened
        return Uint8Array.of(item)
      },
    })
    const reads = [stream.next(), stream.next(), stream.next(), stream.next()]
    gates[2]?.open()
    await settle()
    gates[1]?.open()
    gates[0]?.open()
    expect((await Promise.all(reads)).map(({ value }) => value?.[0])).toEqual([0, 1, 2, undefined])
  })
})

describe('prefetch() ahead', () => {
  it('starts nothing before the first read, then as many as the depth', async () => {
    const started: number[] = []
    const gates = Array.from({ length: 8 }, () => gate())
    const stream = prefetch([0, 1, 2, 3, 4, 5, 6, 7], {
      depth: 3,
      fetch: async (item) => {
        started.push(item)
        await gates[item]?.opened
        return Uint8Array.of(item)
      },
    })
    await settle()
    expect(started).toEqual([])
    const first = stream.next()
    expect(started).toEqual([0, 1, 2])
    gates[1]?.open()
    await settle()
    expect(started).toEqual([0, 1, 2, 3])
    gates[0]?.open()
    expect((await first).value).toEqual(Uint8Array.of(0))
    await settle()
    expect(started).toEqual([0, 1, 2, 3, 4])
    const ended = stream.return()
    for (const waiting of gates) waiting.open()
    await ended
    expect(started.length).toBe(5)
  })

  it('holds real bytes up to the budget, and no more', async () => {
    const stream = prefetch(rangesOf(10_000, 100), {
      depth: 8,
      budget: 450,
      fetch: async ({ start, end }) => pattern(end - start),
    })
    await stream.next()
    await settle()
    expect(stream.stats()).toMatchObject({ bufferedBytes: 400, inFlight: 0, queued: 4 })
    for await (const chunk of stream) expect(chunk.length).toBe(100)
    expect(stream.stats().peakBuffered).toBeLessThanOrEqual(450)
  })

  it('lets an item larger than the budget stream through it', async () => {
    const budget = createByteBudget(250)
    const stream = prefetch(rangesOf(2000, 1000), {
      budget,
      async *fetch({ start, end }) {
        for (let at = start; at < end; at += 100) yield pattern(100)
      },
    })
    await stream.next()
    await settle()
    expect(stream.stats().bufferedBytes).toBeLessThanOrEqual(350)
    expect((await gather(stream)).length).toBe(1900)
    expect(stream.stats().peakBuffered).toBeLessThanOrEqual(350)
    expect(budget.reserved).toBe(0)
  })

  it('with budget 0 starts fetches and holds at most the first chunk of each', async () => {
    const pulls: number[] = []
    const stream = prefetch([0, 1, 2], {
      budget: 0,
      depth: 3,
      async *fetch(item) {
        for (let i = 0; i < 4; i++) {
          pulls.push(item)
          yield Uint8Array.of(item, i)
        }
      },
    })
    await stream.next()
    await settle()
    expect(stream.stats().started).toBe(3)
    expect(pulls.filter((item) => item === 1).length).toBe(1)
    expect(pulls.filter((item) => item === 2).length).toBe(1)
    expect((await gather(stream)).length).toBe(22)
  })

  it('bounds the items held when they are tiny', async () => {
    const stream = prefetch(
      Array.from({ length: 50 }, (_, i) => i),
      {
        maxQueued: 5,
        depth: 50,
        fetch: async () => Uint8Array.of(1),
      },
    )
    await stream.next()
    await settle()
    expect(stream.stats().queued).toBeLessThanOrEqual(5)
    expect((await gather(stream)).length).toBe(49)
  })

  it('keeps an unknown length within the budget by one chunk for each fetch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 12 }), { maxLength: 8 }),
        fc.nat(120),
        async (items, limit) => {
          const depth = 3
          const stream = prefetch(items, {
            budget: limit,
            depth,
            length: () => undefined,
            async *fetch(sizes) {
              for (const size of sizes) yield new Uint8Array(size)
            },
          })
          const bytes = (await gather(stream)).length
          expect(bytes).toBe(items.flat().reduce((a, b) => a + b, 0))
          expect(stream.stats().peakBuffered).toBeLessThanOrEqual(limit + depth * 50)
          expect(stream.stats()).toMatchObject(AT_REST)
        },
      ),
      { numRuns: 80 },
    )
  }, 60_000)

  it('shares a budget between pipes without deadlock', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 150 }),
        fc.scheduler(),
        async (limit, one, two, s) => {
          const budget = createByteBudget(limit)
          const file = pattern(900)
          const run = (size: number) =>
            gather(
              prefetch(rangesOf(900, size), {
                budget,
                async *fetch({ start, end }) {
                  for (let at = start; at < end; at += 40) {
                    await s.schedule(Promise.resolve())
                    yield file.subarray(at, Math.min(end, at + 40))
                  }
                },
              }),
            )
          const outs = await s.waitFor(Promise.all([run(one), run(two)]))
          for (const out of outs) expect(Buffer.compare(out, file)).toBe(0)
          expect(budget.reserved).toBe(0)
          expect(budget.waiting).toBe(0)
        },
      ),
      { numRuns: 50 },
    )
  }, 60_000)
})

describe('prefetch() ends', () => {
  const endless = () => {
    let open = 0
    return {
      open: () => open,
      async *fetch(this: void, item: number, { signal }: { signal: AbortSignal }) {
        open++
        try {
          yield Uint8Array.of(item)
          await untilAborted(signal)
        } finally {
          await settle()
          open--
        }
      },
    }
  }

  function* counted(closed: { yes: boolean }) {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      closed.yes = true
    }
  }

  it('by early return: every fetch stopped and waited for, items closed', async () => {
    const source = endless()
    const closed = { yes: false }
    const stream = prefetch(counted(closed), { depth: 4, fetch: source.fetch })
    for await (const chunk of stream) {
      expect(chunk).toEqual(Uint8Array.of(0))
      await settle()
      expect(source.open()).toBe(4)
      break
    }
    expect(source.open()).toBe(0)
    expect(closed.yes).toBe(true)
    expect(stream.stats()).toMatchObject(AT_REST)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('by abort in flight: rejects with the reason itself, leaves no listener', async () => {
    const source = endless()
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }) as typeof remove
    const stream = prefetch([1, 2, 3], { signal, fetch: source.fetch })
    await stream.next()
    const pending = stream.next()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    expect(source.open()).toBe(0)
    expect(listeners).toBe(0)
    expect(stream.stats()).toMatchObject(AT_REST)
    expect((await stream.next()).done).toBe(true)
  })

  it('by abort between reads: the next read rejects', async () => {
    const source = endless()
    const controller = new AbortController()
    const stream = prefetch([1, 2, 3], { signal: controller.signal, fetch: source.fetch })
    await stream.next()
    controller.abort(new Error('stop'))
    await settle()
    await settle()
    expect(source.open()).toBe(0)
    await expect(stream.next()).rejects.toThrow('stop')
  })

  it('at once when the signal was aborted before', async () => {
    const reason = new Error('never')
    const fetch = () => Uint8Array.of(1)
    await expect(prefetch([1], { signal: AbortSignal.abort(reason), fetch }).next()).rejects.toBe(
      reason,
    )
  })

  it('when the items fail: after all bytes before', async () => {
    const failure = new Error('no more work')
    async function* items() {
      yield 1
      yield 2
      throw failure
    }
    const stream = prefetch(items(), { fetch: async (item) => Uint8Array.of(item) })
    const seen: number[] = []
    await expect(
      (async () => {
        for await (const chunk of stream) seen.push(...chunk)
      })(),
    ).rejects.toBe(failure)
    expect(seen).toEqual([1, 2])
    expect(stream.stats()).toMatchObject(AT_REST)
  })

  it('does not wait for ever for a fetch that ignores its signal', async () => {
    const stream = prefetch([1, 2], {
      closeTimeout: 10,
      async *fetch(item) {
        yield Uint8Array.of(item)
        await new Promise(() => {})
      },
    })
    await stream.next()
    await stream.return()
    expect(stream.stats()).toMatchObject({ bufferedBytes: 0, reservedBytes: 0, queued: 0 })
  })

  it('by disposal', async () => {
    const source = endless()
    const stream = prefetch([1, 2], { fetch: source.fetch })
    await stream.next()
    await stream[Symbol.asyncDispose]()
    expect(source.open()).toBe(0)
  })
})

describe('prefetch() arguments', () => {
  const fetch = () => Uint8Array.of(1)
  it.each([
    [{ fetch, depth: 0 }, RangeError, 'ERR_PREFETCH_BAD_OPTION'],
    [{ fetch, depth: 'deep' }, TypeError, 'ERR_PREFETCH_BAD_OPTION'],
    [{ fetch, maxDepth: Number.POSITIVE_INFINITY }, RangeError, 'ERR_PREFETCH_BAD_OPTION'],
    [{ fetch, budget: -1 }, RangeError, 'ERR_PREFETCH_BAD_BUDGET'],
    [{}, TypeError, 'ERR_PREFETCH_BAD_OPTION'],
  ])('are refused at the call: %o', (options, type, code) => {
    expect(() => prefetch([1], options as never)).toThrow(type)
    expect(() => prefetch([1], options as never)).toThrow(expect.objectContaining({ code }))
  })

  it('must be iterable', () => {
    expect(() => prefetch(7 as never, { fetch })).toThrow(
      expect.objectContaining({ code: 'ERR_PREFETCH_BAD_ITEMS' }),
    )
  })

  it('refuse an impossible length when its item is reached', async () => {
    const stream = prefetch([{ start: 5, end: 3 }], { fetch })
    await expect(stream.next()).rejects.toMatchObject({ code: 'ERR_PREFETCH_BAD_LENGTH' })
    expect(stream.stats()).toMatchObject(AT_REST)
  })
})
