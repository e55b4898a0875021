import { describe, expect, it } from 'vitest'
import { prefetch } from '@millrace/prefetch-pipe'

const file = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
const ranges = Array.from({ length: 10 }, (_, i) => ({ start: i * 100, end: i * 100 + 100 }))

describe('prefetch()', () => {
  for (const depth of [1, 4, 'adaptive'] as const) {
    for (const budget of [0, 1, 150, 1000, 1 << 20]) {
      it(`yields all bytes in order: depth ${depth}, budget ${budget}`, async () => {
        const stream = prefetch(ranges, {
          depth,
          budget,
          async *fetch({ start, end }, { offset }) {
            for (let at = start + offset; at < end; at += 30) {
              await new Promise((r) => setImmediate(r))
              yield file.subarray(at, Math.min(end, at + 30))
            }
          },
        })
        const out: number[] = []
        for await (const chunk of stream) out.push(...chunk)
        expect(out).toEqual([...file])
        expect(stream.stats()).toMatchObject({
          inFlight: 0,
          queued: 0,
          bufferedBytes: 0,
          reservedBytes: 0,
          started: 10,
        })
      })
    }
  }
  it('works with synchronous bodies', async () => {
    const stream = prefetch(ranges, { fetch: ({ start, end }) => file.subarray(start, end) })
    const out: number[] = []
    for await (const chunk of stream) out.push(...chunk)
    expect(out).toEqual([...file])
  })
})
