import * as fc from 'fast-check'
import { pipe } from 'it-pipe'
import { describe, expect, test } from 'vitest'
import {
  type ByteStage,
  type ByteTransform,
  collect,
  concatBytes,
  exactBytes,
  limitBytes,
  rechunk,
  tap,
} from '@millrace/byte-streams'
import { chunks, joined, probe } from './sources.ts'

async function list(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const chunk of source) all.push(chunk)
  return all
}

describe('rechunk()', () => {
  test('cuts any chunking into chunks of the size, and changes no byte', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 70 }), async (input, size) => {
        const output = await list(rechunk(size)(input))
        expect(concatBytes(output)).toEqual(joined(input))
        expect(output.slice(0, -1).every((chunk) => chunk.length === size)).toBe(true)
        const last = output.at(-1)
        if (last !== undefined) {
          expect(last.length).toBeGreaterThan(0)
          expect(last.length).toBeLessThanOrEqual(size)
        }
      }),
    )
  })

  test('passes on views of what lies whole in one chunk', async () => {
    const big = new Uint8Array(10)
    const [first, second, rest] = await list(rechunk(4)([big]))
    expect(first?.buffer).toBe(big.buffer)
    expect(second?.buffer).toBe(big.buffer)
    expect(rest?.buffer).toBe(big.buffer)
    const exact = new Uint8Array(4)
    expect((await list(rechunk(4)([exact])))[0]).toBe(exact)
  })

  test('never writes to a chunk that it has yielded', async () => {
    const kept: Uint8Array[] = []
    const copies: Uint8Array[] = []
    const source = Array.from({ length: 20 }, (_, i) => new Uint8Array(3).fill(i))
    for await (const chunk of rechunk(7)(source)) {
      kept.push(chunk)
      copies.push(chunk.slice())
    }
    expect(kept).toEqual(copies)
  })

  test('rejects a wrong size at the call', () => {
    for (const size of [0, -1, 1.5, Number.NaN]) {
      expect(() => rechunk(size)).toThrow(
        expect.objectContaining({ code: 'ERR_BYTE_STREAMS_INVALID_ARGUMENT' }),
      )
    }
  })
})

describe('limitBytes() and exactBytes()', () => {
  test('pass what fits and fail otherwise, for any chunking', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 0, max: 200 }), async (input, count) => {
        const whole = joined(input)
        const limited = collect(limitBytes(count)(input))
        const exact = collect(exactBytes(count)(input))
        if (whole.length <= count) expect(await limited).toEqual(whole)
        else await expect(limited).rejects.toMatchObject({ code: 'ERR_BYTE_STREAMS_TOO_LONG' })
        if (whole.length === count) expect(await exact).toEqual(whole)
        else {
          await expect(exact).rejects.toMatchObject({
            code: `ERR_BYTE_STREAMS_TOO_${whole.length > count ? 'LONG' : 'SHORT'}`,
            retryable: whole.length < count,
          })
        }
      }),
    )
  })

  test('throw an error of the caller', async () => {
    const createError = ({
      kind,
      expected,
      seen,
    }: {
      kind: string
      expected: number
      seen: number
    }) => new Error(`${kind} ${expected} ${seen}`)
    await expect(collect(limitBytes(1, { createError })([new Uint8Array(2)]))).rejects.toThrow(
      'long 1 2',
    )
    await expect(collect(exactBytes(3, { createError })([new Uint8Array(2)]))).rejects.toThrow(
      'short 3 2',
    )
  })

  test('close the source when there is too much', async () => {
    const source = probe([new Uint8Array(2), new Uint8Array(2)], 'park')
    await expect(collect(limitBytes(3)(source))).rejects.toThrow('more than 3')
    expect(source.returns).toBe(1)
  })
})

describe('tap()', () => {
  test('shows every chunk, waits for a promise, and passes on the same objects', async () => {
    const input = [Uint8Array.of(1), Uint8Array.of(2)]
    const seen: Uint8Array[] = []
    let open = 0
    const output = await list(
      tap(async (chunk) => {
        seen.push(chunk)
        expect(++open).toBe(1)
        await Promise.resolve()
        open--
      })(input),
    )
    expect(output[0]).toBe(input[0])
    expect(seen).toEqual(input)
  })

  test('ends the pipe with what the observer throws', async () => {
    const source = probe([Uint8Array.of(1)], 'park')
    const failing = tap(() => {
      throw new Error('Seen enough')
    })(source)
    await expect(collect(failing)).rejects.toThrow('Seen enough')
    expect(source.returns).toBe(1)
  })
})

const stages: Record<string, () => ByteStage> = {
  rechunk: () => rechunk(3),
  limitBytes: () => limitBytes(1000),
  exactBytes: () => exactBytes(8),
  tap: () => tap(() => {}),
}

describe.each(Object.keys(stages))('%s() as a stage', (name) => {
  const stage = (): ByteTransform => (stages[name] as () => ByteStage)()
  const input = [new Uint8Array(4), new Uint8Array(4)]

  test('is lazy and closes the source on early return', async () => {
    const source = probe(input, 'park')
    const output = stage()(source)
    expect(source.pulls).toBe(0)
    for await (const _ of output) break
    expect(source.returns).toBe(1)
  })

  test('passes the error of the source on', async () => {
    const failure = new Error('Broken pipe')
    await expect(collect(stage()(probe(input, failure)))).rejects.toBe(failure)
  })

  test('fits the pipe of it-pipe', async () => {
    const bytes = await pipe(input, (stages[name] as () => ByteStage)(), (source) =>
      collect(source),
    )
    expect(bytes.length).toBe(8)
  })

  test('rejects bytes, text and nothing as a source at the call', () => {
    for (const wrong of [new Uint8Array(2), 'text', undefined, 4]) {
      expect(() => stage()(wrong as never)).toThrow(TypeError)
    }
  })
})

test('a chunk that is not bytes is an error with a code', async () => {
  await expect(collect(rechunk(2)(['text'] as never))).rejects.toMatchObject({
    code: 'ERR_BYTE_STREAMS_NOT_BYTES',
  })
})
