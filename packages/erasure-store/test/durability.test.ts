import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const SCRIPT = `
import { openErasureStore } from '@millrace/erasure-store'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { writeSync } from 'node:fs'
const [durability, ...volumes] = process.argv.slice(1)
const scheme = { k: 2, m: 1 }
const lanes = openWorkerLanes({ scheme, unit: 8192, threads: 1, slots: 16 })
const store = await openErasureStore({ volumes, scheme, unit: 8192, lanes, durability })
await store.createBucket('b')
const bucket = await store.openBucket('b')
writeSync(1, 'PUT BEGINS\\n')
await bucket.put('k', [Buffer.alloc(40000)])
writeSync(1, 'PUT ANSWERED\\n')
await store.close()
await lanes.close()
`

/** The system calls between the beginning of a put and its answer, in the order in which they ended. */
async function tracePut(durability: string): Promise<readonly string[] | undefined> {
  const home = await mkdtemp(join(tmpdir(), 'durability-'))
  try {
    const trace = join(home, 'trace')
    const volumes = ['a', 'b', 'c'].map((name) => join(home, name))
    const calls = 'trace=fsync,fdatasync,msync,write,pwrite64,pwritev'
    const { error, status } = spawnSync(
      'strace',
      [
        '-f',
        '-y',
        '-qq',
        '-o',
        trace,
        '-e',
        calls,
        process.execPath,
        '--input-type=module',
        '-e',
        SCRIPT,
        durability,
        ...volumes,
      ],
      { cwd: import.meta.dirname },
    )
    if (error !== undefined || status !== 0) return undefined
    const lines = (await readFile(trace, 'utf8')).split('\n')
    const from = lines.findIndex((line) => line.includes('PUT BEGINS'))
    const to = lines.findIndex((line) => line.includes('PUT ANSWERED'))
    return lines.slice(from + 1, to)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

test('strict: shards, then their names, then the record are flushed on each volume before the answer', async (context) => {
  const lines = await tracePut('strict')
  if (lines === undefined) {
    context.skip()
    return
  }
  for (const volume of ['a', 'b', 'c']) {
    const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line))
    const data = at(new RegExp(`fdatasync\\(\\d+<[^>]*/${volume}/shards/../[0-9a-f]{32}\\.shard>`))
    const name = at(new RegExp(`fsync\\(\\d+<[^>]*/${volume}/shards/..>`))
    const record = at(new RegExp(`(fsync|fdatasync)\\(\\d+<[^>]*/${volume}/index\\.mdb>`))
    expect(data).toBeGreaterThanOrEqual(0)
    expect(name).toBeGreaterThan(data)
    expect(record).toBeGreaterThan(name)
  }
}, 60_000)

test('relaxed: nothing is flushed', async (context) => {
  const lines = await tracePut('relaxed')
  if (lines === undefined) {
    context.skip()
    return
  }
  expect(lines.filter((line) => /f(data)?sync\(|msync\(/.test(line))).toEqual([])
}, 60_000)
