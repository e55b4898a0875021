import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collect } from '@millrace/byte-streams'
import { openErasureStore } from '@millrace/erasure-store'
import { expect, test } from 'vitest'
import { type Fixture, SCHEME, UNIT, openFixture, pattern, shardFiles } from './volumes-fixture.ts'

const STRIPE = 4 * UNIT

async function readBack(fixture: Fixture, key: string): Promise<Buffer> {
  const bucket = await fixture.store.openBucket('b')
  return Buffer.from(await collect((await bucket.get(key)).body))
}

async function fixtureWithBucket(): Promise<Fixture> {
  const fixture = await openFixture()
  await fixture.store.createBucket('b')
  return fixture
}

test('a volume that goes in the middle of a put costs nothing but its shard', async () => {
  await using fixture = await fixtureWithBucket()
  const bucket = await fixture.store.openBucket('b')
  const body = pattern(8 * STRIPE)
  await bucket.put(
    'k',
    (async function* () {
      yield body.subarray(0, 3 * STRIPE)
      await rm(fixture.volumes[1] as string, { recursive: true })
      await rm(join(fixture.volumes[4] as string, 'shards'), { recursive: true })
      yield body.subarray(3 * STRIPE)
    })(),
  )
  expect((await readBack(fixture, 'k')).equals(body)).toBe(true)
  await bucket.put('more', [body])
  expect(fixture.warnings.map(({ directory }) => directory)).toEqual(
    expect.arrayContaining([fixture.volumes[1], fixture.volumes[4]]),
  )
  expect((await readBack(fixture, 'more')).equals(body)).toBe(true)
})

test('three that go in the middle refuse the put, and what was there stays', async () => {
  await using fixture = await fixtureWithBucket()
  const bucket = await fixture.store.openBucket('b')
  await bucket.put('k', [Buffer.from('old')])
  const put = bucket.put(
    'k',
    (async function* () {
      yield pattern(STRIPE)
      for (const volume of fixture.volumes.slice(0, 3)) await rename(volume, `${volume}-away`)
      yield pattern(STRIPE)
    })(),
  )
  await expect(put).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  for (const volume of fixture.volumes.slice(0, 3)) await rename(`${volume}-away`, volume)
  await fixture.reopen()
  expect((await readBack(fixture, 'k')).toString()).toBe('old')
  for (const volume of fixture.volumes) expect(await shardFiles(volume)).toHaveLength(1)
})

test('a record that one volume took and the others did not is no object, and does not come back', async () => {
  await using fixture = await fixtureWithBucket()
  const bucket = await fixture.store.openBucket('b')
  await bucket.put('k', [Buffer.from('old')])
  // A commit that reached two volumes before the process died: theirs are from after it, the others' from before.
  await fixture.store.close()
  const before = await Promise.all(
    fixture.volumes.slice(2).map((volume) => readFile(join(volume, 'index.mdb'))),
  )
  await fixture.reopen()
  await (await fixture.store.openBucket('b')).put('k', [Buffer.from('new')])
  await fixture.store.close()
  for (const [place, bytes] of before.entries()) {
    await writeFile(join(fixture.volumes[place + 2] as string, 'index.mdb'), bytes)
  }
  // Its old shards went with the overwrite, as they would not have in that crash; only the records are looked at.
  await fixture.reopen()
  const old = await (await fixture.store.openBucket('b')).head('k')
  expect(old.size).toBe(3)
  await (await fixture.store.openBucket('b')).delete('k')
  for (const away of [2, 4]) {
    await fixture.reopen(fixture.volumes.filter((_, place) => place !== away && place !== away + 1))
    const store = await fixture.store.openBucket('b')
    await expect(store.head('k')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
})

test('what may be committed is brought to all volumes at the start, so that it stays', async () => {
  await using fixture = await fixtureWithBucket()
  const [a, b, c, d, e, f] = fixture.volumes as [string, string, string, string, string, string]
  await fixture.reopen([a, b, c, d])
  await (await fixture.store.openBucket('b')).put('k', [pattern(STRIPE)])
  await fixture.reopen([a, b, e, f])
  expect((await readBackHead(fixture, 'k')).size).toBe(STRIPE)
  await fixture.reopen([c, d, e, f])
  expect((await readBackHead(fixture, 'k')).size).toBe(STRIPE)
})

async function readBackHead(fixture: Fixture, key: string) {
  return await (await fixture.store.openBucket('b')).head(key)
}

test.each([
  ['overwritten', async (path: string) => await writeFile(path, Buffer.alloc(10_000, 7))],
  ['cut short', async (path: string) => await truncate(path, 8192)],
  ['removed', async (path: string) => await rm(path)],
  ['a directory', async (path: string) => await rm(path).then(() => mkdir(path))],
])('an index that is %s costs its volume, not the store', async (_, damage) => {
  await using fixture = await fixtureWithBucket()
  const body = pattern(3 * STRIPE)
  await (await fixture.store.openBucket('b')).put('k', [body])
  await fixture.store.close()
  for (const volume of fixture.volumes.slice(0, 2)) await damage(join(volume, 'index.mdb'))
  await fixture.reopen()
  expect((await readBack(fixture, 'k')).equals(body)).toBe(true)
  expect(fixture.warnings).toHaveLength(2)
  expect(fixture.store.volumes().map(({ online }) => online)).toEqual([
    false,
    false,
    true,
    true,
    true,
    true,
  ])
  // Its shards were not taken for orphans.
  expect(await shardFiles(fixture.volumes[0] as string)).toHaveLength(1)
})

test('a volume that was emptied, or is a file, counts as lost and is left alone', async () => {
  await using fixture = await fixtureWithBucket()
  const body = pattern(STRIPE)
  await (await fixture.store.openBucket('b')).put('k', [body])
  await fixture.store.close()
  const [first, second] = fixture.volumes as [string, string]
  await rm(first, { recursive: true })
  await mkdir(first)
  await rm(second, { recursive: true })
  await writeFile(second, 'a file')
  await fixture.reopen()
  expect((await readBack(fixture, 'k')).equals(body)).toBe(true)
  expect(fixture.warnings.map(({ directory }) => directory).toSorted()).toEqual([first, second])
  expect(await readFile(second, 'utf8')).toBe('a file')
})

test('a first format that was interrupted is done again; one that is not ours is not', async () => {
  await using fixture = await openFixture()
  await fixture.store.close()
  const names = Array.from({ length: 6 }, (_, i) => join(fixture.home, `n${i}`))
  const open = () =>
    openErasureStore({ volumes: names, scheme: SCHEME, unit: UNIT, lanes: fixture.lanes })
  const identity = await readFile(join(fixture.volumes[0] as string, 'volume.json'), 'utf8')
  await mkdir(join(names[0] as string, 'shards', '00'), { recursive: true })
  await writeFile(join(names[0] as string, 'volume.json'), identity)
  await mkdir(join(names[1] as string, 'shards', 'ff'), { recursive: true })
  await writeFile(join(names[1] as string, 'volume.json.17.tmp'), '{')
  const store = await open()
  expect(store.formatted).toBe(true)
  await store.createBucket('b')
  await store.close()
  // Now it has records: emptied volumes are lost, too many of them are an error, and nothing is made anew.
  for (const name of names.slice(0, 3)) await rm(name, { recursive: true })
  await expect(open()).rejects.toMatchObject({ code: 'ERR_VOLUME_QUORUM' })
})

test('locks: of a process that still runs they hold, of a number that was used again they do not', async () => {
  await using fixture = await openFixture()
  await fixture.store.close()
  const lock = join(fixture.volumes[0] as string, 'lock')
  await writeFile(lock, String(process.ppid))
  await expect(fixture.reopen()).rejects.toMatchObject({ code: 'ERR_VOLUME_LOCKED' })
  for (const stale of [
    `${process.ppid} 1 another-boot`,
    `${process.pid} 1 another-boot`,
    '',
    'x',
  ]) {
    await writeFile(lock, stale)
    await fixture.reopen()
    await fixture.store.close()
  }
})

test.skipIf(process.platform !== 'linux')(
  'a lock of a process that was killed and whose parent never asked for its exit code is taken over',
  async () => {
    await using fixture = await openFixture()
    await fixture.store.close()
    // The shell becomes a program that knows nothing of the child it inherits, which stays a zombie.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
    try {
      const [pid] = (await once(parent.stdout, 'data')) as [Buffer]
      const number = String(pid).trim()
      // Not before the shell is gone: it would ask for the exit code.
      await expect
        .poll(() => readFile(`/proc/${parent.pid}/comm`, 'utf8'), { timeout: 10_000 })
        .toBe('sleep\n')
      process.kill(Number(number), 'SIGKILL')
      await expect
        .poll(() => readFile(`/proc/${number}/stat`, 'utf8'), { timeout: 10_000 })
        .toContain(') Z ')
      await writeFile(join(fixture.volumes[0] as string, 'lock'), number)
      await fixture.reopen()
    } finally {
      parent.kill('SIGKILL')
    }
  },
)

test('a file size limit refuses the put as NO_SPACE and takes no volume out of use', async () => {
  await using fixture = await fixtureWithBucket()
  await fixture.store.close()
  const script = `
    import { openErasureStore } from '@millrace/erasure-store'
    import { openWorkerLanes } from '@millrace/worker-lanes'
    const scheme = { k: 4, m: 2 }
    const lanes = openWorkerLanes({ scheme, unit: ${UNIT}, threads: 1, slots: 16 })
    const store = await openErasureStore({ volumes: process.argv.slice(1), lanes, durability: 'relaxed' })
    const bucket = await store.openBucket('b')
    await bucket.put('small', [Buffer.alloc(100_000, 'a')])
    const told = []
    for (const size of [3_000_000, 2_000_000]) {
      await bucket.put('large', [Buffer.alloc(size)]).catch((error) => told.push(error.code))
    }
    await bucket.put('small', [Buffer.alloc(100_000, 'b')])
    console.log(JSON.stringify({ told, online: store.volumes().filter((one) => one.online).length }))
    await store.close()
    await lanes.close()
  `
  const limited = spawnSync(
    '/bin/bash',
    [
      '-c',
      'ulimit -f 400; exec "$@"',
      'bash',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      ...fixture.volumes,
    ],
    { encoding: 'utf8', cwd: import.meta.dirname },
  )
  expect(limited.stderr).toBe('')
  expect(JSON.parse(limited.stdout)).toEqual({ told: ['NO_SPACE', 'NO_SPACE'], online: 6 })
  await fixture.reopen()
  expect((await readBack(fixture, 'small')).equals(Buffer.alloc(100_000, 'b'))).toBe(true)
  for (const volume of fixture.volumes) expect(await shardFiles(volume)).toHaveLength(1)
})
