import type * as Fs from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { fsWriter } from '@millrace/pwrite-sink'
import { pattern, useFolder } from './files.ts'

const folder = useFolder()

type Done = (error: Error | null, written: number) => void
type Write = (
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
  done: Done,
) => void

/** How many bytes a call takes at most; the system may take fewer than asked for. */
const device = vi.hoisted(() => ({ most: Number.POSITIVE_INFINITY, calls: 0 }))

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof Fs>()
  const write: Write = (fd, bytes, offset, length, position, done) => {
    device.calls++
    const taken = Math.min(length, device.most)
    if (taken === 0) done(null, 0)
    else fs.write(fd, bytes, offset, taken, position, done)
  }
  return { ...fs, write }
})

beforeEach(() => {
  device.calls = 0
})

test('short writes are completed', async () => {
  device.most = 7
  const file = await open(folder.file(), 'w')
  await fsWriter.write(file.fd, pattern(50), 3, undefined)
  await file.close()
  expect(device.calls).toBe(8)
  expect((await readFile(folder.file())).subarray(3).equals(pattern(50))).toBe(true)
})

test('a device that takes nothing is an error, not an endless loop', async () => {
  device.most = 0
  const file = await open(folder.file(), 'w')
  await expect(fsWriter.write(file.fd, pattern(5), 0, undefined)).rejects.toMatchObject({
    code: 'EIO',
  })
  await file.close()
})

test('an error of the system arrives with its code', async () => {
  device.most = 10
  await expect(fsWriter.write(987_654, pattern(5), 0, undefined)).rejects.toMatchObject({
    code: 'EBADF',
  })
})
