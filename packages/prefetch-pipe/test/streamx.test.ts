import { pipelinePromise, Writable } from 'streamx'
import { describe, expect, it } from 'vitest'
import { prefetchReadable } from '@millrace/prefetch-pipe/streamx'
import { pattern, rangesOf, settle, untilAborted } from './gates.ts'

const file = pattern(5000)

function sink(chunks: Uint8Array[]): Writable {
  return new Writable({
    write(chunk, done) {
      chunks.push(chunk as Uint8Array)
      done(null)
    },
  })
}

describe('prefetchReadable()', () => {
  it('starts a streamx pipeline', async () => {
    const chunks: Uint8Array[] = []
    await pipelinePromise(
      prefetchReadable(rangesOf(5000, 333), {
        fetch: async ({ start, end }) => file.subarray(start, end),
      }),
      sink(chunks),
    )
    expect(Buffer.compare(Buffer.concat(chunks), file)).toBe(0)
  })

  it('carries spans when unordered', async () => {
    const spans: unknown[] = []
    const readable = prefetchReadable([4, 5], {
      ordered: false,
      fetch: async (item) => Uint8Array.of(item),
    })
    for await (const span of readable) spans.push(span)
    expect(spans).toMatchObject([
      { item: 4, index: 0, offset: 0 },
      { item: 5, index: 1, offset: 0 },
    ])
  })

  it('stops all fetches when it is destroyed, and when the signal aborts', async () => {
    let open = 0
    const controller = new AbortController()
    const options = {
      async *fetch(item: number, { signal }: { signal: AbortSignal }) {
        open++
        try {
          yield Uint8Array.of(item)
          await untilAborted(signal)
        } finally {
          open--
        }
      },
    }
    const readable = prefetchReadable([1, 2, 3], options)
    readable.on('data', () => {})
    await settle()
    expect(open).toBe(3)
    readable.destroy()
    await settle()
    expect(open).toBe(0)

    const reason = new Error('enough')
    const piped = pipelinePromise(
      prefetchReadable([1, 2, 3], { ...options, signal: controller.signal }),
      sink([]),
    )
    await settle()
    controller.abort(reason)
    await expect(piped).rejects.toBe(reason)
    await settle()
    expect(open).toBe(0)
  })
})
