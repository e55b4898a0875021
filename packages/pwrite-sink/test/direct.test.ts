import { readFile, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBufferPool, type Lease, trimLease } from '@millrace/pooled-buffers'
import { fsWriter, openPwriteSink, type PositionedWriter } from '@millrace/pwrite-sink'
import { pattern, useFolder } from './files.ts'

const folder = useFolder()
const quick = { fsync: 'none', direct: true } as const
const EXT4 = 0xef53
const onExt4 = (await statfs(tmpdir())).type === EXT4

/** Records which descriptor got what; the second one is the direct one. */
function recording(): {
  writer: PositionedWriter
  spans: { fd: number; position: number; length: number }[]
} {
  const spans: { fd: number; position: number; length: number }[] = []
  return {
    spans,
    writer: {
      write(fd, bytes, position, slot) {
        spans.push({ fd, position, length: bytes.byteLength })
        if (slot !== undefined) expect(slot.byteOffset).toBe(bytes.byteOffset)
        return fsWriter.write(fd, bytes, position, slot)
      },
    },
  }
}

async function filled(
  pool: ReturnType<typeof createBufferPool>,
  bytes: Uint8Array,
): Promise<Lease> {
  const lease = trimLease(await pool.acquire(), 0, bytes.byteLength)
  lease.bytes.set(bytes)
  return lease
}

describe('direct mode', () => {
  test.skipIf(!onExt4)(
    'writes aligned slots past the page cache on ext4, and the tail plainly',
    async () => {
      const pool = createBufferPool({ slotSize: 16_384, slots: 4 })
      const whole = pattern(2 * 16_384 + 5000)
      const { writer, spans } = recording()
      await using sink = await openPwriteSink(folder.file(), {
        ...quick,
        writer,
        size: whole.length,
      })
      for (const start of [16_384, 32_768, 0]) {
        await sink.write(await filled(pool, whole.subarray(start, start + 16_384)), start)
      }
      expect(sink.direct).toBe('on')
      expect(sink.directNote).toBeUndefined()
      const [first, second, tail, third] = spans
      expect(spans).toHaveLength(4)
      expect(first?.fd).toBe(third?.fd)
      expect(second).toMatchObject({ position: 32_768, length: 4096 })
      expect(tail).toMatchObject({ position: 36_864, length: 904 })
      expect(tail?.fd).not.toBe(first?.fd)
      await sink.commit()
      expect((await readFile(folder.file())).equals(whole)).toBe(true)
      expect(pool.available).toBe(4)
    },
  )

  test('gives the same file for any cuts, aligned or not', async () => {
    const pool = createBufferPool({ slotSize: 32_768, slots: 8 })
    let count = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(4096, 8192), fc.integer({ min: 1, max: 20_000 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.boolean(),
        async (lengths, reverse) => {
          const whole = pattern(lengths.reduce((sum, length) => sum + length, 0))
          const path = folder.file(`file-${count++}`)
          await using sink = await openPwriteSink(path, { ...quick, size: whole.length })
          const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0))
          const order = starts.map((_, i) => i)
          if (reverse) order.reverse()
          for (const i of order) {
            const start = starts[i] ?? 0
            await sink.write(
              await filled(pool, whole.subarray(start, start + (lengths[i] ?? 0))),
              start,
            )
          }
          await sink.commit()
          expect((await readFile(path)).equals(whole)).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  }, 60_000)

  test('plain bytes go plainly: their address is not known to be aligned', async () => {
    const { writer, spans } = recording()
    await using sink = await openPwriteSink(folder.file(), { ...quick, writer })
    await sink.write(pattern(8192), 0)
    await sink.write(pattern(10), 8192)
    expect(new Set(spans.map(({ fd }) => fd)).size).toBe(1)
    await sink.commit()
  })

  test('says so where writes are refused, and goes on plainly', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 2 })
    let directFd: number | undefined
    const writer: PositionedWriter = {
      write(fd, bytes, position, slot) {
        directFd ??= fd
        if (fd === directFd && sink.directNote === undefined) {
          return Promise.reject(Object.assign(new Error('EINVAL'), { code: 'EINVAL' }))
        }
        return fsWriter.write(fd, bytes, position, slot)
      },
    }
    const whole = pattern(8192)
    await using sink = await openPwriteSink(folder.file(), { ...quick, writer })
    await sink.write(await filled(pool, whole.subarray(0, 4096)), 0)
    await sink.write(await filled(pool, whole.subarray(4096)), 4096)
    if (onExt4) {
      expect(sink.direct).toBe('refused')
      expect(sink.directNote).toMatch(/EINVAL/)
    }
    await sink.commit()
    expect((await readFile(folder.file())).equals(whole)).toBe(true)
    expect(pool.available).toBe(2)
  })

  test('another error of a direct write is the end', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1 })
    const cause = Object.assign(new Error('EIO'), { code: 'EIO' })
    await using sink = await openPwriteSink(folder.file(), {
      ...quick,
      writer: { write: () => Promise.reject(cause) },
    })
    await expect(sink.write(await filled(pool, pattern(4096)), 0)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_IO',
      cause,
    })
    await sink.abort()
    expect(pool.available).toBe(1)
    expect(await folder.names()).toEqual([])
  })

  test('is off unless asked for', async () => {
    await using sink = await openPwriteSink(folder.file())
    expect([sink.direct, sink.directNote]).toEqual(['off', undefined])
  })
})
