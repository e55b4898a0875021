import { describe, expect, test } from 'vitest'
import { collect, concatBytes, DEFAULT_COLLECT_LIMIT, withSignal } from '@millrace/byte-streams'
import { countedSignal, probe, soon } from './sources.ts'

describe('collect()', () => {
  test('has a finite limit unless told otherwise', async () => {
    expect(Number.isSafeInteger(DEFAULT_COLLECT_LIMIT)).toBe(true)
    const chunk = new Uint8Array(DEFAULT_COLLECT_LIMIT / 2)
    await expect(collect([chunk, chunk, Uint8Array.of(1)])).rejects.toMatchObject({
      code: 'ERR_BYTE_STREAMS_TOO_LONG',
    })
  })

  test('gives memory of its own', async () => {
    const chunk = Uint8Array.of(1)
    expect((await collect([chunk])).buffer).not.toBe(chunk.buffer)
    expect(concatBytes([])).toEqual(new Uint8Array(0))
  })

  test('rejects wrong arguments at the call', () => {
    expect(() => void collect([], { maxBytes: -1 })).toThrow(RangeError)
    expect(() => void collect([], { signal: 'stop' as never })).toThrow(TypeError)
  })
})

describe('withSignal()', () => {
  test('rejects with the reason itself when the signal is aborted already, and closes the source', async () => {
    const reason = { any: 'reason' }
    const source = probe([Uint8Array.of(1)])
    await expect(collect(source, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(source).toMatchObject({ pulls: 0, returns: 1 })
  })

  test('ends a parked iteration, tells the source, and leaves no listener', async () => {
    const { controller, signal, listeners } = countedSignal()
    const source = probe([Uint8Array.of(1)], 'park')
    const iterator = withSignal(source, signal)
    expect(listeners()).toBe(0)
    await iterator.next()
    expect(listeners()).toBe(1)
    const parked = iterator.next()
    const reason = new Error('Enough')
    controller.abort(reason)
    await expect(parked).rejects.toBe(reason)
    expect(source.returns).toBe(1)
    expect(listeners()).toBe(0)
  })

  test('leaves no listener at the end, on early return and on an error', async () => {
    const { signal, listeners } = countedSignal()
    for await (const _ of withSignal(probe([1, 2]), signal)) expect(listeners()).toBe(1)
    expect(listeners()).toBe(0)
    const early = probe([1, 2], 'park')
    for await (const _ of withSignal(early, signal)) break
    expect([listeners(), early.returns]).toEqual([0, 1])
    const failure = new Error('Broken')
    const failing = probe([1], failure)
    await expect(
      (async () => {
        for await (const _ of withSignal(failing, signal));
      })(),
    ).rejects.toBe(failure)
    expect([listeners(), failing.returns]).toEqual([0, 0])
  })

  test('disposes of a value that comes after the abort', async () => {
    const controller = new AbortController()
    let give: ((value: Disposable) => void) | undefined
    let disposed = 0
    const late = {
      async *[Symbol.asyncIterator]() {
        yield await new Promise<Disposable>((resolve) => {
          give = resolve
        })
      },
    }
    const parked = withSignal(late, controller.signal).next()
    await soon()
    controller.abort(new Error('Enough'))
    await expect(parked).rejects.toThrow('Enough')
    give?.({ [Symbol.dispose]: () => void disposed++ })
    await soon()
    expect(disposed).toBe(1)
  })

  test('gives the reason although closing the source fails', async () => {
    const controller = new AbortController()
    async function* source() {
      try {
        yield 1
        yield 2
      } finally {
        await Promise.reject(new Error('Cannot close'))
      }
    }
    const iterator = withSignal(source(), controller.signal)
    await iterator.next()
    controller.abort(new Error('Enough'))
    await expect(iterator.next()).rejects.toThrow('Enough')
  })

  test('passes everything through without a signal', async () => {
    expect(await collect(withSignal([Uint8Array.of(4)], undefined))).toEqual(Uint8Array.of(4))
  })
})
