import { getEventListeners } from 'node:events'
import {
  ALGORITHMS,
  type Algorithm,
  checksumTap,
  type Digests,
  digestOf,
} from '@millrace/checksums'
import { checksumTap as checksumTapStreamx } from '@millrace/checksums/streamx'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { pipelinePromise, Readable, Writable } from 'streamx'
import { describe, expect, test } from 'vitest'
import { ascii, cutBytes, pieces } from './bytes.ts'

async function* stream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks
}

describe('checksumTap()', () => {
  test('gives every digest at the end, and passes the chunks themselves', async () => {
    await fc.assert(
      fc.asyncProperty(cutBytes(2_000), fc.subarray([...ALGORITHMS]), async (cut, algorithms) => {
        const chunks = pieces(cut)
        const calls: Digests[] = []
        const out: Uint8Array[] = []
        const tap = checksumTap(algorithms, (digests) => void calls.push(digests))
        for await (const chunk of tap(stream(chunks))) {
          expect(calls).toEqual([])
          out.push(chunk)
        }
        expect(out.every((chunk, i) => chunk === chunks[i])).toBe(true)
        expect(out.length).toBe(chunks.length)
        expect(calls.length).toBe(1)
        const expected = algorithms.map((name) => [name, digestOf(name, cut.bytes)] as const)
        expect(calls[0]).toEqual(new Map(expected))
      }),
      { numRuns: 40 },
    )
  })

  test('starts afresh for each stream, also side by side', async () => {
    const seen: Digests[] = []
    const tap = checksumTap(['crc32'], (digests) => void seen.push(digests))
    const runs = ['one', 'two'].map(async (text) => {
      for await (const _ of tap(stream([ascii(text)])));
    })
    await Promise.all(runs)
    const digests = seen.map((map) => map.get('crc32'))
    expect(digests).toContainEqual(digestOf('crc32', ascii('one')))
    expect(digests).toContainEqual(digestOf('crc32', ascii('two')))
  })

  test('fails the stream with what onDigest throws', async () => {
    const reason = new Error('BadDigest')
    const out: Uint8Array[] = []
    const tap = checksumTap(['md5'], async () => {
      throw reason
    })
    const work = pipe([ascii('x')], tap, async (source) => {
      for await (const chunk of source) out.push(chunk)
    })
    await expect(work).rejects.toBe(reason)
    expect(out.length).toBe(1)
  })

  test('waits for the promise of onDigest before the stream ends', async () => {
    let waited = false
    const tap = checksumTap(['md5'], async () => {
      await new Promise((resolve) => setImmediate(resolve))
      waited = true
    })
    for await (const _ of tap(stream([])));
    expect(waited).toBe(true)
  })

  test.each(['break', 'source error'])(
    'gives no digest on %s, and closes the source',
    async (end) => {
      let called = false
      let closed = false
      const failure = new Error('broken')
      async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield ascii('x')
          throw failure
        } finally {
          closed = true
        }
      }
      const tap = checksumTap(['md5', 'blake3'], () => {
        called = true
      })
      const work = (async () => {
        for await (const _ of tap(source())) if (end === 'break') break
      })()
      if (end === 'break') await work
      else await expect(work).rejects.toBe(failure)
      expect({ called, closed }).toEqual({ called: false, closed: true })
    },
  )

  test('refuses bad arguments at the call', () => {
    const invalid = expect.objectContaining({ code: 'ERR_CHECKSUMS_INVALID_ARGUMENT' })
    expect(() => checksumTap(['md4' as Algorithm], () => {})).toThrow(invalid)
    expect(() => checksumTap(['md5'], undefined as unknown as () => void)).toThrow(invalid)
    expect(() => checksumTap(['md5'], () => {}, { engine: 'portable' })).toThrow(
      expect.objectContaining({ code: 'ERR_CHECKSUMS_ENGINE_UNAVAILABLE' }),
    )
  })
})

describe('checksumTap() of ./streamx', () => {
  test('does the same in a pipeline', async () => {
    const bytes: Uint8Array[] = []
    let digest: Uint8Array | undefined
    await pipelinePromise(
      Readable.from([ascii('1234'), ascii('56789')]),
      checksumTapStreamx(['crc32c'], (digests) => {
        digest = digests.get('crc32c')
      }),
      new Writable({
        write(chunk, done) {
          bytes.push(chunk as Uint8Array)
          done(null)
        },
      }),
    )
    expect(Buffer.concat(bytes).toString()).toBe('123456789')
    expect(digest).toEqual(digestOf('crc32c', ascii('123456789')))
  })

  test('fails the pipeline with what onDigest throws', async () => {
    const reason = new Error('BadDigest')
    const tap = checksumTapStreamx(['md5'], () => {
      throw reason
    })
    const work = pipelinePromise(Readable.from([ascii('x')]), tap, new Writable())
    await expect(work).rejects.toBe(reason)
  })

  test.each(['before', 'in flight'])(
    'abort %s: rejects with the reason, no listener left',
    async (when) => {
      const controller = new AbortController()
      const reason = new Error('enough')
      let called = false
      if (when === 'before') controller.abort(reason)
      const tap = checksumTapStreamx(['md5'], () => void (called = true), {
        signal: controller.signal,
      })
      const endless = new Readable({
        read(done) {
          this.push(ascii('x'))
          setImmediate(() => done(null))
        },
      })
      const work = pipelinePromise(endless, tap, new Writable())
      if (when === 'in flight') setImmediate(() => controller.abort(reason))
      await expect(work).rejects.toBe(reason)
      expect(called).toBe(false)
      expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    },
  )
})
