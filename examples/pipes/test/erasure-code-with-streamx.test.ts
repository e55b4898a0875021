import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { joinFile, splitFile } from '@millrace/pipes/erasure-code-with-streamx'
import { expect, test } from 'vitest'
import { makeFile, makeFolder, openFilesIn, runProgram, sha256Of } from './programs.ts'

const SIZE = 5 * 1024 * 1024 + 3

test('the program splits a file, and joins it after two shards were deleted', async () => {
  const folder = await makeFolder()
  const path = await makeFile(folder, SIZE)
  const sha256 = await sha256Of(path)
  const shards = join(folder, 'shards')
  const split = await runProgram('erasure-code-with-streamx', ['split', path, shards])
  expect(split).toMatchObject({ code: 0, stderr: '' })
  expect(split.stdout).toContain(`join ${shards} ${SIZE} ${sha256} NEW-FILE`)
  await rm(join(shards, '0'))
  await rm(join(shards, '5'))
  const again = join(folder, 'again')
  const args = ['join', shards, String(SIZE), sha256, again]
  const joined = await runProgram('erasure-code-with-streamx', args)
  expect(joined).toMatchObject({ code: 0, stderr: '' })
  expect(await sha256Of(again)).toBe(sha256)
}, 30_000)

test('joinFile() gives an empty file and one byte back', async () => {
  for (const size of [0, 1]) {
    const folder = await makeFolder()
    const path = await makeFile(folder, size)
    const shards = join(folder, 'shards')
    const kept = await splitFile(path, shards)
    for (const shard of ['2', '3']) await rm(join(shards, shard))
    await joinFile(shards, kept, join(folder, 'again'))
    expect(await sha256Of(join(folder, 'again'))).toBe(kept.sha256)
  }
}, 30_000)

test('joinFile() leaves no file when the hash is another', async () => {
  const folder = await makeFolder()
  const shards = join(folder, 'shards')
  const kept = await splitFile(await makeFile(folder, SIZE), shards)
  const wrong = { ...kept, sha256: '0'.repeat(64) }
  await expect(joinFile(shards, wrong, join(folder, 'again'))).rejects.toThrow('another hash')
  expect(await readdir(folder)).toEqual(['original', 'shards'])
  expect(await openFilesIn(folder)).toEqual([])
}, 30_000)

test('joinFile() leaves no file when three shards are lost', async () => {
  const folder = await makeFolder()
  const shards = join(folder, 'shards')
  const kept = await splitFile(await makeFile(folder, SIZE), shards)
  for (const shard of ['0', '1', '2']) await rm(join(shards, shard))
  await expect(joinFile(shards, kept, join(folder, 'again'))).rejects.toMatchObject({
    code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS',
  })
  expect(await readdir(folder)).toEqual(['original', 'shards'])
  expect(await openFilesIn(folder)).toEqual([])
}, 30_000)
