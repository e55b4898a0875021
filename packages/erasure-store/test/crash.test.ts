import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { collect } from '@millrace/byte-streams'
import { openErasureStore } from '@millrace/erasure-store'
import { type WorkerLanes, openWorkerLanes } from '@millrace/worker-lanes'
import { expect, test } from 'vitest'
import { SCHEME, UNIT, shardFiles } from './volumes-fixture.ts'

const WRITER = new URL('crash-writer.mjs', import.meta.url).pathname
const ROUNDS = 5

/** What a key may hold: the last that was acknowledged, or what was begun after it. `undefined` is "not there". */
type Expected = Map<string, (string | undefined)[]>

function bodyOf(tag: string): Buffer {
  const size = (createHash('md5').update(tag).digest().readUInt16LE(0) % 60_000) + 1
  return Buffer.alloc(size, `${tag}|`)
}

async function runAndKill(seed: number, volumes: readonly string[], keys: Expected): Promise<void> {
  const child = spawn(process.execPath, [WRITER, String(seed), ...volumes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, key = '', tag = ''] = line.split(' ')
    const number = Number(tag.split(':')[2])
    if (what === 'ready') {
      // From the first write to a good many, and never at a moment that a clock would favour.
      setTimeout(() => child.kill('SIGKILL'), 40 + Math.random() * 500)
    } else if (what === 'begin') {
      keys.set(key, [...(keys.get(key) ?? [undefined]), number % 5 === 4 ? undefined : tag])
    } else {
      keys.set(key, [what === 'gone' ? undefined : tag])
    }
  }
  await exited
}

/** Shard files that no object of the bucket accounts for, by volume. */
async function leftOver(volumes: readonly string[], lanes: WorkerLanes): Promise<number[]> {
  await using store = await openErasureStore({ volumes, lanes, durability: 'relaxed' })
  let generations = 0
  for await (const entry of (await store.openBucket('b')).list()) {
    if (entry.type === 'object') generations += entry.info.partSizes?.length ?? 1
  }
  const counts = await Promise.all(volumes.map(async (volume) => (await shardFiles(volume)).length))
  return counts.map((count) => count - generations)
}

test('killed at any moment: what was acknowledged is there, the rest is old or new, nothing is left over', async () => {
  const home = await mkdtemp(join(tmpdir(), 'crash-'))
  const volumes = Array.from({ length: 6 }, (_, index) => join(home, `v${index}`))
  const keys: Expected = new Map()
  const lanes = openWorkerLanes({ scheme: SCHEME, unit: UNIT, threads: 1, slots: 16 })
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await runAndKill(round, volumes, keys)
      await using store = await openErasureStore({ volumes, lanes, durability: 'relaxed' })
      const bucket = await store.openBucket('b')
      for (const [key, candidates] of keys) {
        const result = await bucket.get(key).catch((error: { code?: string }) => {
          expect(error).toMatchObject({ code: 'NOT_FOUND' })
        })
        const got = result && Buffer.from(await collect(result.body))
        const fits = candidates.findIndex((tag) =>
          tag === undefined ? got === undefined : got?.equals(bodyOf(tag)) === true,
        )
        expect(fits, `${key} is none of ${candidates.join(', ')}`).toBeGreaterThanOrEqual(0)
        keys.set(key, [candidates[fits]])
      }
      for await (const { key, uploadId } of bucket.listMultipart()) {
        await (await bucket.resumeMultipart(key, uploadId)).abort()
      }
      await store.close()
      expect(await leftOver(volumes, lanes)).toEqual(volumes.map(() => 0))
    }
  } finally {
    await lanes.close()
    await rm(home, { recursive: true, force: true })
  }
}, 60_000)
