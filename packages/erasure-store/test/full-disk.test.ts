import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect } from '@millrace/byte-streams'
import { openErasureStore } from '@millrace/erasure-store'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { expect, test } from 'vitest'
import { SCHEME, UNIT } from './volumes-fixture.ts'

// A file system of its own, where the machine lets us mount one; elsewhere the size limit in faults.test.ts must do.
test('a full disk refuses puts as NO_SPACE; reading, deleting and starting again go on', async (context) => {
  const home = await mkdtemp(join(tmpdir(), 'full-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', home])
  const lanes = openWorkerLanes({ scheme: SCHEME, unit: UNIT, threads: 1, slots: 16 })
  try {
    if (status !== 0) context.skip()
    const volumes = Array.from({ length: 6 }, (_, i) => join(home, `v${i}`))
    const open = () => openErasureStore({ volumes, scheme: SCHEME, unit: UNIT, lanes })
    const stored = new Map<string, Buffer>()
    const codes = new Set<string>()
    let store = await open()
    await store.createBucket('b')
    const fill = async (): Promise<void> => {
      const bucket = await store.openBucket('b')
      for (let i = 0; i < 60; i++) {
        const body = Buffer.alloc(i % 3 === 0 ? 20 : 1_500_000, i)
        try {
          await bucket.put(`k${i}`, [body])
          stored.set(`k${i}`, body)
        } catch (error) {
          codes.add((error as { code: string }).code)
        }
      }
    }
    await fill()
    expect([...codes]).toEqual(['NO_SPACE'])
    await store.close()
    store = await open()
    expect(store.volumes().every(({ online }) => online)).toBe(true)
    const bucket = await store.openBucket('b')
    for (const [key, body] of stored) {
      expect(Buffer.from(await collect((await bucket.get(key)).body)).equals(body)).toBe(true)
      await bucket.delete(key)
    }
    await store.close()
    store = await open()
    stored.clear()
    await (await store.openBucket('b')).put('room again', [Buffer.alloc(1_000_000)])
    await store.close()
  } finally {
    await lanes.close()
    if (status === 0) spawnSync('umount', [home])
    await rm(home, { recursive: true, force: true })
  }
}, 60_000)
