import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, open, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBufferPool } from '@millrace/pooled-buffers'
import { fsWriter, openPwriteSink, type PositionedWriter } from '@millrace/pwrite-sink'
import { pattern, soon, useFolder } from './files.ts'

const folder = useFolder()
const quick = { fsync: 'none' } as const

/** Cuts `size` bytes anyhow and puts the pieces in any order. */
const spans = fc
  .record({
    size: fc.nat(20_000),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
    order: fc.infiniteStream(fc.nat(1000)),
  })
  .map(({ size, cuts, order }) => {
    const borders = [0, ...cuts.map((cut) => Math.floor(cut * size)).sort((a, b) => a - b), size]
    const pieces = borders
      .slice(1)
      .map((end, i) => ({ start: borders[i] ?? 0, end, rank: order.next().value }))
    return { size, pieces: pieces.sort((a, b) => a.rank - b.rank) }
  })

test('spans of any size in any order give the same file, from bytes and from leases', async () => {
  const pool = createBufferPool({ slotSize: 32_768, slots: 16 })
  let count = 0
  await fc.assert(
    fc.asyncProperty(
      spans,
      fc.constantFrom('known', 'late', 'unknown'),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom('none', 'size'),
      async ({ size, pieces }, knows, leased, direct, preallocate) => {
        const whole = pattern(size)
        const path = folder.file(`file-${count++}`)
        await using sink = await openPwriteSink(path, {
          ...quick,
          direct,
          preallocate,
          size: knows === 'known' ? size : undefined,
        })
        const writes: Promise<void>[] = []
        for (const { start, end } of pieces) {
          const bytes = whole.subarray(start, end)
          if (leased) {
            const lease = await pool.acquire()
            lease.bytes.set(bytes)
            const trimmed = {
              ...lease,
              bytes: lease.bytes.subarray(0, bytes.length),
              slot: lease.slot,
              release: () => lease.release(),
            }
            writes.push(sink.write(trimmed, start))
          } else writes.push(sink.write(bytes, start))
        }
        if (knows === 'late') await sink.setSize(size)
        await sink.commit()
        await Promise.all(writes)
        expect((await readFile(path)).equals(whole)).toBe(true)
        expect(sink.written).toEqual(size === 0 ? [] : [{ start: 0, end: size }])
        expect(sink.size).toBe(size)
        expect(pool.available).toBe(pool.slotCount)
      },
    ),
    { numRuns: 60 },
  )
  expect((await folder.names()).every((name) => name.startsWith('file-'))).toBe(true)
}, 60_000)

describe('gaps and overlaps', () => {
  test('a gap is named when the sink commits, and nothing stays', async () => {
    await using sink = await openPwriteSink(folder.file(), { ...quick, size: 10 })
    await sink.write(pattern(2), 0)
    await sink.write(pattern(3), 5)
    expect(sink.written).toEqual([
      { start: 0, end: 2 },
      { start: 5, end: 8 },
    ])
    await expect(sink.commit()).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_INCOMPLETE',
      ranges: [
        { start: 2, end: 5 },
        { start: 8, end: 10 },
      ],
      message: expect.stringContaining('2 to 5, 8 to 10'),
    })
    expect(await folder.names()).toEqual([])
  })

  test('an overlap is refused before a byte is written, and the sink goes on', async () => {
    await using sink = await openPwriteSink(folder.file(), { ...quick, size: 6 })
    const first = sink.write(Buffer.from('abcd'), 0)
    await expect(sink.write(Buffer.from('XYZ'), 2)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_OVERLAP',
      ranges: [{ start: 2, end: 4 }],
    })
    await first
    await sink.write(Buffer.from('ef'), 4)
    await sink.commit()
    expect(await readFile(folder.file(), 'utf8')).toBe('abcdef')
  })

  test('every span set agrees with a bitmap', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 12 })), { maxLength: 12 }),
        async (list) => {
          await using sink = await openPwriteSink(folder.file(), {
            ...quick,
            writer: { write: () => Promise.resolve() },
          })
          const taken = new Set<number>()
          for (const [start, length] of list) {
            const bytes = Array.from({ length }, (_, i) => start + i)
            const overlapping = bytes.filter((byte) => taken.has(byte))
            const writing = sink.write(new Uint8Array(length), start)
            if (overlapping.length === 0) {
              await writing
              for (const byte of bytes) taken.add(byte)
            } else {
              const error = (await writing.catch((reason: unknown) => reason)) as {
                ranges: { start: number; end: number }[]
              }
              const named = error.ranges.flatMap(({ start: from, end }) =>
                Array.from({ length: end - from }, (_, i) => from + i),
              )
              expect(named).toEqual(overlapping)
            }
          }
          const written = sink.written.flatMap(({ start, end }) =>
            Array.from({ length: end - start }, (_, i) => start + i),
          )
          expect(written).toEqual([...taken].sort((a, b) => a - b))
          for (const [i, one] of sink.written.slice(1).entries()) {
            expect(one.start).toBeGreaterThan(sink.written[i]?.end ?? 0)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('bytes beyond the size are refused, and a size below the bytes too', async () => {
    await using sink = await openPwriteSink(folder.file(), quick)
    await sink.write(pattern(4), 0)
    await expect(sink.setSize(3)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_BEYOND_SIZE',
      ranges: [{ start: 3, end: 4 }],
    })
    await sink.setSize(4)
    await sink.setSize(4)
    await expect(sink.setSize(5)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_INVALID_ARGUMENT',
    })
    await expect(sink.write(pattern(2), 3)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_BEYOND_SIZE',
      ranges: [{ start: 4, end: 5 }],
    })
    await sink.commit()
    expect((await stat(folder.file())).size).toBe(4)
  })
})

describe('the old file', () => {
  test('stays until commit', async () => {
    await writeFile(folder.file(), 'old')
    await using sink = await openPwriteSink(folder.file(), { mode: 'replace' })
    await sink.write(Buffer.from('new one'), 0)
    expect(await readFile(folder.file(), 'utf8')).toBe('old')
    await sink.commit()
    expect(await readFile(folder.file(), 'utf8')).toBe('new one')
    expect(await folder.names()).toEqual(['file'])
  })

  test('is never overwritten with mode create, not even if it appears meanwhile', async () => {
    await writeFile(folder.file(), 'old')
    await expect(openPwriteSink(folder.file())).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_EXISTS',
    })
    await using sink = await openPwriteSink(folder.file('late'))
    await sink.write(Buffer.from('ours'), 0)
    await writeFile(folder.file('late'), 'theirs')
    await expect(sink.commit()).rejects.toMatchObject({ code: 'ERR_PWRITE_SINK_EXISTS' })
    expect(await readFile(folder.file('late'), 'utf8')).toBe('theirs')
    expect(await folder.names()).toEqual(['file', 'late'])
  })

  test('survives a kill at any time before commit', async () => {
    await writeFile(folder.file(), 'old')
    const program = `
      import { openPwriteSink } from '@millrace/pwrite-sink'
      const sink = await openPwriteSink(process.argv[1], { mode: 'replace', size: 6 })
      await sink.write(Buffer.from('new'), 0)
      await sink.write(Buffer.from('one'), 3)
      process.kill(process.pid, 'SIGKILL')
    `
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder.file()], {
      stdio: 'inherit',
      cwd: import.meta.dirname,
    })
    expect((await once(child, 'exit'))[1]).toBe('SIGKILL')
    expect(await readFile(folder.file(), 'utf8')).toBe('old')
    expect((await folder.names()).filter((name) => !name.endsWith('.partial'))).toEqual(['file'])
  })
})

describe('the place', () => {
  test('a link at the destination is replaced, not followed, and refused with mode create', async () => {
    await writeFile(folder.file('target'), 'untouched')
    await symlink('target', folder.file('link'))
    await symlink('nowhere', folder.file('dead'))
    await expect(openPwriteSink(folder.file('dead'))).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_EXISTS',
    })
    {
      await using sink = await openPwriteSink(folder.file('link'), { mode: 'replace' })
      await sink.write(Buffer.from('new'), 0)
      await sink.commit()
    }
    expect(await readFile(folder.file('target'), 'utf8')).toBe('untouched')
    await expect(readlink(folder.file('link'))).rejects.toThrow()
    expect(await folder.names()).toEqual(['dead', 'link', 'target'])
  })

  test('a link or a file laid out at the temporary name is refused and left alone', async () => {
    await writeFile(folder.file('victim'), 'untouched')
    await symlink('victim', folder.file('temp'))
    for (const tempName of ['temp', 'victim']) {
      await expect(openPwriteSink(folder.file(), { tempName })).rejects.toMatchObject({
        code: 'ERR_PWRITE_SINK_CANNOT_OPEN',
        cause: { code: 'EEXIST' },
      })
    }
    expect(await readFile(folder.file('victim'), 'utf8')).toBe('untouched')
    expect(await folder.names()).toEqual(['temp', 'victim'])
  })

  test('a folder, a pipe, and a folder that is missing are refused', async () => {
    await mkdir(folder.file('folder'))
    execFileSync('mkfifo', [folder.file('pipe')])
    for (const mode of ['create', 'replace'] as const) {
      for (const name of ['folder', 'pipe']) {
        await expect(openPwriteSink(folder.file(name), { mode })).rejects.toMatchObject({
          code: 'ERR_PWRITE_SINK_NOT_A_FILE',
        })
      }
      await expect(openPwriteSink(folder.file('missing/file'), { mode })).rejects.toMatchObject({
        code: 'ERR_PWRITE_SINK_CANNOT_OPEN',
        cause: { code: 'ENOENT' },
      })
      await expect(openPwriteSink(`${folder.file('pipe')}/file`, { mode })).rejects.toMatchObject({
        code: 'ERR_PWRITE_SINK_CANNOT_OPEN',
        cause: { code: 'ENOTDIR' },
      })
    }
    await using sink = await openPwriteSink(folder.file(), { ...quick, mode: 'replace' })
    await mkdir(folder.file())
    await expect(sink.commit()).rejects.toMatchObject({ code: 'ERR_PWRITE_SINK_NOT_A_FILE' })
    expect(await folder.names()).toEqual(['file', 'folder', 'pipe'])
  })

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written is refused', async () => {
    await chmod(folder.path, 0o500)
    await expect(openPwriteSink(folder.file())).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_CANNOT_OPEN',
      cause: { code: 'EACCES' },
    })
    await chmod(folder.path, 0o700)
  })

  test('a device without the space is found out at once', async () => {
    await expect(openPwriteSink(folder.file(), { size: 2 ** 52 })).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_NO_SPACE',
    })
    await using sink = await openPwriteSink(folder.file(), quick)
    await expect(sink.setSize(2 ** 52)).rejects.toMatchObject({ code: 'ERR_PWRITE_SINK_NO_SPACE' })
    await sink.abort()
    expect(await folder.names()).toEqual([])
  })

  test('blocks are reserved where there is a command for it', async () => {
    const size = 1_000_000
    await using sink = await openPwriteSink(folder.file(), {
      ...quick,
      size,
      preallocate: 'blocks',
    })
    const { blocks } = await stat(sink.tempPath)
    if (sink.preallocated === 'blocks') expect(blocks * 512).toBeGreaterThanOrEqual(size)
    else expect(sink.preallocated).toBe('size')
    await sink.write(pattern(size), 0)
    await sink.commit()
    expect((await stat(folder.file())).size).toBe(size)
  })
})

describe('faults', () => {
  /** Fails the write of this number, and can hold writes back. */
  function failing(at: number, error: Error): PositionedWriter {
    let count = 0
    return {
      write: (...span) => (count++ === at ? Promise.reject(error) : fsWriter.write(...span)),
    }
  }

  test.each(Array.from({ length: 6 }, (_, at) => at))(
    'a failure of write %i leaves nothing, and is the first cause',
    async (at) => {
      await writeFile(folder.file(), 'old')
      const pool = createBufferPool({ slotSize: 4096, slots: 6, debug: true })
      const cause = Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' })
      await using sink = await openPwriteSink(folder.file(), {
        mode: 'replace',
        size: 6 * 4096,
        writer: failing(at, cause),
      })
      const writes: Promise<void>[] = []
      for (let i = 0; i < 6; i++) writes.push(sink.write(await pool.acquire(), i * 4096))
      const results = await Promise.allSettled(writes)
      expect(results[at]).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'ERR_PWRITE_SINK_IO',
          cause,
          message: expect.stringContaining('check the disk'),
        },
      })
      const reasons = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      )
      expect(new Set(reasons).size).toBe(1)
      await expect(sink.write(Buffer.from('more'), 0)).rejects.toBe(reasons[0])
      await expect(sink.commit()).rejects.toBe(reasons[0])
      await sink[Symbol.asyncDispose]()
      expect(await folder.names()).toEqual(['file'])
      expect(await readFile(folder.file(), 'utf8')).toBe('old')
      expect(pool.available).toBe(6)
    },
  )

  test('a full device says so in words', async () => {
    const full = await open('/dev/full', 'w')
    const writer: PositionedWriter = {
      write: (_fd, bytes, position, slot) => fsWriter.write(full.fd, bytes, position, slot),
    }
    await using sink = await openPwriteSink(folder.file(), { ...quick, writer })
    await expect(sink.write(pattern(10), 0)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_NO_SPACE',
      message: expect.stringContaining('no space is left on the device'),
      cause: { code: 'ENOSPC' },
    })
    await full.close()
  })

  test('a refused write releases its lease', async () => {
    const pool = createBufferPool({ slotSize: 4096, slots: 1 })
    await using sink = await openPwriteSink(folder.file(), { ...quick, size: 10 })
    await expect(sink.write(await pool.acquire(), 0)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_BEYOND_SIZE',
    })
    const lease = await pool.acquire()
    expect(() => void sink.write(lease, -1)).toThrow(RangeError)
    await sink.abort()
    await expect(sink.write(await pool.acquire(), 0)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_ABORTED',
    })
    expect(pool.available).toBe(1)
  })
})

describe('the end', () => {
  /** A writer that waits until it is told. */
  function gated(): { writer: PositionedWriter; open: () => void } {
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    return {
      open: () => open(),
      writer: {
        async write(...span) {
          await gate
          await fsWriter.write(...span)
        },
      },
    }
  }

  test('dispose and abort wait for writes under way and leave nothing', async () => {
    for (const way of ['dispose', 'abort'] as const) {
      const { writer, open: openGate } = gated()
      const sink = await openPwriteSink(folder.file(), { ...quick, writer })
      const writing = sink.write(pattern(10), 0).catch((error: unknown) => error)
      const ending = way === 'abort' ? sink.abort(new Error('Enough')) : sink[Symbol.asyncDispose]()
      await soon()
      expect(await folder.names()).toHaveLength(1)
      openGate()
      await ending
      expect(await writing).toMatchObject(
        way === 'abort' ? { message: 'Enough' } : { code: 'ERR_PWRITE_SINK_ABORTED' },
      )
      expect(await folder.names()).toEqual([])
      await sink.abort()
    }
  })

  test('commit waits for writes under way', async () => {
    const { writer, open: openGate } = gated()
    await using sink = await openPwriteSink(folder.file(), { ...quick, writer, size: 3 })
    const writing = sink.write(Buffer.from('abc'), 0)
    const committing = sink.commit()
    await soon()
    expect(await folder.names()).not.toContain('file')
    openGate()
    await Promise.all([writing, committing])
    expect(await readFile(folder.file(), 'utf8')).toBe('abc')
    await expect(sink.write(pattern(1), 3)).rejects.toMatchObject({
      code: 'ERR_PWRITE_SINK_CLOSED',
    })
    await expect(sink.commit()).rejects.toMatchObject({ code: 'ERR_PWRITE_SINK_CLOSED' })
    await sink.abort()
    expect(await folder.names()).toEqual(['file'])
  })

  test('a signal: aborted already, in flight, during commit; no listener stays', async () => {
    const reason = { any: 'reason' }
    await expect(openPwriteSink(folder.file(), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
    for (const when of ['write', 'commit'] as const) {
      const controller = new AbortController()
      let listeners = 0
      const { signal } = controller
      const add = signal.addEventListener.bind(signal)
      const remove = signal.removeEventListener.bind(signal)
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners++
        add(...args)
      }
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners--
        remove(...args)
      }
      const { writer, open: openGate } = gated()
      await using sink = await openPwriteSink(folder.file(), { ...quick, writer, signal })
      expect(listeners).toBe(1)
      const writing = sink.write(pattern(10), 0)
      const committing = when === 'commit' ? sink.commit() : undefined
      controller.abort(reason)
      openGate()
      await expect(writing).rejects.toBe(reason)
      await expect(committing ?? sink.commit()).rejects.toBe(reason)
      await sink.abort()
      expect(listeners).toBe(0)
      expect(await folder.names()).toEqual([])
    }
  })
})

test('wrong arguments are refused at the call', () => {
  for (const [path, options] of [
    ['', {}],
    ['a\0b', {}],
    ['a', { mode: 'append' }],
    ['a', { fsync: 'maybe' }],
    ['a', { size: -1 }],
    ['a', { preallocate: true }],
    ['a', { tempName: '../a' }],
    ['a', { tempName: '..' }],
    ['a', { writer: {} }],
    ['a', { signal: 'now' }],
  ] as const) {
    expect(() => void openPwriteSink(path, options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_PWRITE_SINK_INVALID_ARGUMENT' }),
    )
  }
})
