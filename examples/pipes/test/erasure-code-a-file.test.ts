import { open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { joinFile, splitFile } from '@millrace/pipes/erasure-code-a-file'
import { expect, test } from 'vitest'
import { makeFile, makeFolder, openFilesIn, runProgram, sha256Of } from './programs.ts'

const SIZE = 3 * 1024 * 1024 + 17

/** Data and data, data and parity, parity and parity. */
const pairs = [
  [0, 3],
  [1, 4],
  [4, 5],
] as const

test('the program splits a file, and joins it after two shards were deleted', async () => {
  const folder = await makeFolder()
  const path = await makeFile(folder, SIZE)
  const shards = join(folder, 'shards')
  const split = await runProgram('erasure-code-a-file', ['split', path, shards])
  expect(split).toMatchObject({ code: 0, stderr: '' })
  expect(split.stdout).toContain(`${SIZE} bytes are six files`)
  expect(await readdir(shards)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `${SIZE}-bytes.${n}`))
  for (const lost of [1, 4]) await rm(join(shards, `${SIZE}-bytes.${lost}`))
  const again = join(folder, 'again')
  const joined = await runProgram('erasure-code-a-file', ['join', shards, again])
  expect(joined).toMatchObject({ code: 0, stderr: '' })
  expect(joined.stdout).toContain(`${SIZE} bytes`)
  expect(await sha256Of(again)).toBe(await sha256Of(path))
}, 30_000)

test('the program says how to use it', async () => {
  const { code, stderr } = await runProgram('erasure-code-a-file', [])
  expect([code, stderr]).toEqual([2, 'Give: split FILE NEW-FOLDER, or: join FOLDER NEW-FILE\n'])
}, 30_000)

test('joinFile() gives the same bytes whichever two shards are lost', async () => {
  for (const [index, lost] of pairs.entries()) {
    const folder = await makeFolder()
    const shards = join(folder, 'shards')
    const size = index * 1024 * 1024 + 1
    const path = await makeFile(folder, size)
    await splitFile(path, shards)
    for (const shard of lost) await rm(join(shards, `${size}-bytes.${shard}`))
    const again = join(folder, 'again')
    await joinFile(shards, again)
    expect(await sha256Of(again), `without ${lost.join(' and ')}`).toBe(await sha256Of(path))
    expect(await openFilesIn(folder)).toEqual([])
  }
}, 60_000)

test('joinFile() mends two shards that were damaged in silence', async () => {
  const folder = await makeFolder()
  const shards = join(folder, 'shards')
  const path = await makeFile(folder, SIZE)
  const { shardSize } = await splitFile(path, shards)
  for (const [shard, position] of [
    [0, 0],
    [3, shardSize - 1],
  ] as const) {
    await using file = await open(join(shards, `${SIZE}-bytes.${shard}`), 'r+')
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position)
    await file.write(Uint8Array.of((buffer[0] as number) ^ 1), 0, 1, position)
  }
  const again = join(folder, 'again')
  await joinFile(shards, again)
  expect(await sha256Of(again)).toBe(await sha256Of(path))
}, 30_000)

test('joinFile() leaves no file when three shards are lost', async () => {
  const folder = await makeFolder()
  const shards = join(folder, 'shards')
  await splitFile(await makeFile(folder, SIZE), shards)
  for (const shard of [0, 2, 5]) await rm(join(shards, `${SIZE}-bytes.${shard}`))
  await expect(joinFile(shards, join(folder, 'again'))).rejects.toMatchObject({
    code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS',
  })
  expect(await readdir(folder)).toEqual(['original', 'shards'])
  expect(await openFilesIn(folder)).toEqual([])
}, 30_000)

test('joinFile() does not write over a file that is there', async () => {
  const folder = await makeFolder()
  const shards = join(folder, 'shards')
  await splitFile(await makeFile(folder, 10), shards)
  const there = join(folder, 'there')
  await writeFile(there, 'mine')
  await expect(joinFile(shards, there)).rejects.toMatchObject({
    code: 'ERR_PWRITE_SINK_EXISTS',
  })
  expect((await stat(there)).size).toBe(4)
  expect(await openFilesIn(folder)).toEqual([])
}, 30_000)

test('splitFile() does not write into a folder that is there', async () => {
  const folder = await makeFolder()
  const path = await makeFile(folder, 10)
  await expect(splitFile(path, folder)).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readdir(folder)).toEqual(['original'])
})
