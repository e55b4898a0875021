import { open, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { collect } from '@millrace/byte-streams'
import fc from 'fast-check'
import type { ObjectStore } from '@millrace/object-store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fixture, UNIT, openFixture, pattern, shardFiles } from './volumes-fixture.ts'

const STRIPE = 4 * UNIT

describe('reads with shards lost or damaged', () => {
  let fixture: Fixture
  let bucket: ObjectStore
  beforeEach(async () => {
    fixture = await openFixture()
    await fixture.store.createBucket('b')
    bucket = await fixture.store.openBucket('b')
  })
  afterEach(async () => await fixture[Symbol.asyncDispose]())

  const read = async (key: string, range?: { start: number; end: number }): Promise<Buffer> => {
    const result = await bucket.get(key, range === undefined ? {} : { range })
    return Buffer.from(await collect(result.body))
  }

  test.each([0, 1, UNIT - 1, UNIT, STRIPE - 1, STRIPE, STRIPE + 1, 3 * STRIPE + 5])(
    'any two volumes removed, size %d',
    async (size) => {
      const body = pattern(size)
      await bucket.put('k', [body])
      await rm(fixture.volumes[1] as string, { recursive: true })
      await rm(fixture.volumes[4] as string, { recursive: true })
      expect((await read('k')).equals(body)).toBe(true)
      const reopened = await fixture.reopen()
      bucket = await reopened.openBucket('b')
      expect((await read('k')).equals(body)).toBe(true)
    },
  )

  test('a flipped byte anywhere in two shard files gives the same bytes', async () => {
    const body = pattern(5 * STRIPE + 777)
    await bucket.put('k', [body])
    const files = (await Promise.all(fixture.volumes.map((volume) => shardFiles(volume)))).flat()
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(body.length - 1),
        fc.nat(2 * STRIPE),
        async (first, step, where, start, length) => {
          const damaged = [files[first] as string, files[(first + step) % 6] as string]
          const undo = await Promise.all(damaged.map((file) => flip(file, where)))
          try {
            const end = Math.min(body.length, start + length + 1)
            const got = await read('k', { start, end })
            expect(got.equals(body.subarray(start, end))).toBe(true)
          } finally {
            for (const restore of undo) await restore()
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('truncated and swapped shard files count as missing', async () => {
    const body = pattern(3 * STRIPE)
    await bucket.put('k', [body])
    const [a, b] = (await Promise.all([
      shardFiles(fixture.volumes[0] as string),
      shardFiles(fixture.volumes[1] as string),
    ])) as [string[], string[]]
    await truncate(a[0] as string, UNIT + 3)
    expect((await read('k')).equals(body)).toBe(true)
    const { copyFile } = await import('node:fs/promises')
    const [other] = await shardFiles(fixture.volumes[2] as string)
    await copyFile(other as string, b[0] as string)
    expect((await read('k')).equals(body)).toBe(true)
  })

  test('three lost is UNAVAILABLE before the first byte', async () => {
    await bucket.put('k', [pattern(STRIPE)])
    for (const volume of fixture.volumes.slice(0, 3)) {
      for (const file of await shardFiles(volume)) await rm(file)
    }
    await expect(bucket.get('k')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  })

  test('a third damaged chunk in the middle is an error, never a short clean end', async () => {
    const body = pattern(6 * STRIPE)
    await bucket.put('k', [body])
    for (const volume of fixture.volumes.slice(0, 3)) {
      const [file] = await shardFiles(volume)
      await flipAt(file as string, 4 * UNIT)
    }
    const result = await bucket.get('k')
    const parts: Buffer[] = []
    await expect(async () => {
      for await (const chunk of result.body) parts.push(Buffer.from(chunk))
    }).rejects.toThrow()
    const got = Buffer.concat(parts)
    expect(got.length).toBeLessThanOrEqual(4 * STRIPE)
    expect(got.equals(body.subarray(0, got.length))).toBe(true)
  })

  test('writes go on with two volumes gone, and are refused with three', async () => {
    for (const volume of fixture.volumes.slice(0, 2)) await rm(volume, { recursive: true })
    const body = pattern(2 * STRIPE)
    await bucket.put('degraded', [body])
    expect((await read('degraded')).equals(body)).toBe(true)
    expect(fixture.warnings.length).toBe(2)
    await rm(fixture.volumes[2] as string, { recursive: true })
    await expect(bucket.put('more', [body])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(bucket.head('more')).rejects.toMatchObject({
      code: expect.stringMatching(/NOT_FOUND|UNAVAILABLE/),
    })
  })

  test('what a volume missed while it was away does not come back with it', async () => {
    await bucket.put('deleted', [pattern(10)])
    await bucket.put('replaced', [Buffer.from('old')])
    const away = fixture.volumes.slice(0, 2)
    await fixture.reopen(fixture.volumes.slice(2))
    bucket = await fixture.store.openBucket('b')
    await bucket.delete('deleted')
    await bucket.put('replaced', [Buffer.from('new')])
    await fixture.reopen([...away, ...fixture.volumes.slice(2)])
    bucket = await fixture.store.openBucket('b')
    await expect(bucket.head('deleted')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await read('replaced')).toString()).toBe('new')
  })
})

async function flip(file: string, where: number): Promise<() => Promise<void>> {
  const handle = await open(file, 'r')
  const { size } = await handle.stat()
  await handle.close()
  const position = Math.floor(where * size)
  await flipAt(file, position)
  return () => flipAt(file, position)
}

async function flipAt(file: string, position: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, position)
    byte[0] = (byte[0] as number) ^ 0x5a
    await handle.write(byte, 0, 1, position)
  } finally {
    await handle.close()
  }
}

test('shard files lie under shards/, by generation and never by key', async () => {
  await using fixture = await openFixture()
  await fixture.store.createBucket('b')
  const bucket = await fixture.store.openBucket('b')
  await bucket.put('../../escape', [pattern(3)])
  const [file] = await shardFiles(fixture.volumes[0] as string)
  expect(file?.slice(join(fixture.volumes[0] as string, 'shards').length)).toMatch(
    /^\/[0-9a-f]{2}\/[0-9a-f]{32}\.shard$/,
  )
})
