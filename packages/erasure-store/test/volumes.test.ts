import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openErasureStore } from '@millrace/erasure-store'
import { describe, expect, test } from 'vitest'
import { type Fixture, SCHEME, UNIT, openFixture, pattern, shardFiles } from './volumes-fixture.ts'

const openAgain = (fixture: Fixture, volumes: readonly string[], scheme = SCHEME) =>
  openErasureStore({ volumes, scheme, unit: UNIT, lanes: fixture.lanes })

describe('openErasureStore() refuses', () => {
  test('a number of directories that the scheme does not have', async () => {
    await using fixture = await openFixture()
    const volumes = ['x', 'y'].map((name) => join(fixture.home, name))
    await expect(openAgain(fixture, volumes)).rejects.toMatchObject({ code: 'ERR_VOLUME_COUNT' })
  })

  test('options that are wrong at the call, and slots that are too small before it formats', async () => {
    await using fixture = await openFixture()
    const volumes = Array.from({ length: 6 }, (_, i) => join(fixture.home, `n${i}`))
    const { lanes } = fixture
    const code = 'ERR_ERASURE_STORE_INVALID_ARGUMENT'
    const wrong = [
      { volumes: undefined, lanes },
      { volumes: ['a', ''], lanes },
      { volumes },
      { volumes, lanes, durability: 'sometimes' },
    ] as unknown as Parameters<typeof openErasureStore>[0][]
    for (const options of wrong) {
      expect(() => openErasureStore(options)).toThrow(expect.objectContaining({ code }))
    }
    const unit = 2 * lanes.pool.slotSize
    await expect(openErasureStore({ volumes, lanes, unit })).rejects.toMatchObject({ code })
    await expect(readFile(join(volumes[0] as string, 'volume.json'))).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  test('a directory with other things in it, and leaves it alone', async () => {
    await using fixture = await openFixture()
    const volumes = Array.from({ length: 6 }, (_, i) => join(fixture.home, `w${i}`))
    await mkdir(volumes[0] as string)
    await writeFile(join(volumes[0] as string, 'thesis.txt'), 'precious')
    await expect(openAgain(fixture, volumes)).rejects.toMatchObject({ code: 'ERR_VOLUME_FORMAT' })
    expect(await readFile(join(volumes[0] as string, 'thesis.txt'), 'utf8')).toBe('precious')
  })

  test('a volume of another set, a copy, one directory twice, a later format, another scheme', async () => {
    await using fixture = await openFixture()
    await using other = await openFixture()
    await other.store.close()
    const second = other.volumes[1] as string
    await fixture.store.close()
    const without = fixture.volumes.slice(1)
    await expect(openAgain(fixture, [...without, second])).rejects.toMatchObject({
      code: 'ERR_VOLUME_FOREIGN',
    })
    const copy = join(fixture.home, 'copy')
    await cp(fixture.volumes[1] as string, copy, { recursive: true })
    await expect(openAgain(fixture, [...without, copy])).rejects.toMatchObject({
      code: 'ERR_VOLUME_DUPLICATE',
    })
    await expect(
      openAgain(fixture, [...without, fixture.volumes[1] as string]),
    ).rejects.toMatchObject({ code: 'ERR_VOLUME_DUPLICATE' })
    await expect(openAgain(fixture, fixture.volumes, { k: 3, m: 3 })).rejects.toMatchObject({
      code: 'ERR_VOLUME_SCHEME',
    })
    const identity = join(fixture.volumes[0] as string, 'volume.json')
    const text = await readFile(identity, 'utf8')
    await writeFile(identity, text.replace('"format": 1', '"format": 2'))
    await expect(openAgain(fixture, fixture.volumes)).rejects.toMatchObject({
      code: 'ERR_VOLUME_VERSION',
    })
    await writeFile(identity, text)
  })

  test('too few volumes, and volumes that are open already', async () => {
    await using fixture = await openFixture()
    await expect(openAgain(fixture, fixture.volumes)).rejects.toMatchObject({
      code: 'ERR_VOLUME_LOCKED',
    })
    await fixture.store.close()
    await expect(openAgain(fixture, fixture.volumes.slice(3))).rejects.toMatchObject({
      code: 'ERR_VOLUME_QUORUM',
    })
  })
})

test('volumes know their place: order on the command line does not matter', async () => {
  await using fixture = await openFixture()
  await fixture.store.createBucket('b')
  const body = pattern(100_000)
  await (await fixture.store.openBucket('b')).put('k', [body])
  const store = await fixture.reopen([...fixture.volumes].reverse())
  const result = await (await store.openBucket('b')).get('k')
  const parts: Uint8Array[] = []
  for await (const chunk of result.body) parts.push(chunk)
  expect(Buffer.concat(parts).equals(body)).toBe(true)
})

test('a lock left by a process that is gone is taken over', async () => {
  await using fixture = await openFixture()
  await fixture.store.close()
  await writeFile(join(fixture.volumes[0] as string, 'lock'), '999999999')
  await fixture.reopen()
  expect(fixture.store.volumes().every((volume) => volume.online)).toBe(true)
})

test('shard files that no record names are removed at the next start, others stay', async () => {
  await using fixture = await openFixture()
  await fixture.store.createBucket('b')
  await (await fixture.store.openBucket('b')).put('k', [pattern(1000)])
  const volume = fixture.volumes[0] as string
  const orphan = join(volume, 'shards', 'ab', `0123456789abcdefab${'0'.repeat(14)}.shard`)
  await mkdir(dirname(orphan), { recursive: true })
  await writeFile(orphan, 'left by a crash')
  await fixture.reopen()
  const files = await shardFiles(volume)
  expect(files).toHaveLength(1)
  expect(files).not.toContain(orphan)
})

test('overwritten and deleted objects leave no shard file', async () => {
  await using fixture = await openFixture()
  await fixture.store.createBucket('b')
  const bucket = await fixture.store.openBucket('b')
  await bucket.put('k', [pattern(50_000)])
  await bucket.put('k', [pattern(60_000)])
  await fixture.reopen()
  for (const volume of fixture.volumes) expect(await shardFiles(volume)).toHaveLength(1)
  await (await fixture.store.openBucket('b')).delete('k')
  await fixture.reopen()
  for (const volume of fixture.volumes) expect(await shardFiles(volume)).toHaveLength(0)
  await fixture.store.deleteBucket('b')
  await expect(fixture.store.headBucket('b')).rejects.toMatchObject({ code: 'NO_SUCH_BUCKET' })
  await rm(join(fixture.home, 'none'), { force: true })
})
