import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect } from '@millrace/byte-streams'
import { open } from 'lmdb'
import { expect, test } from 'vitest'
import { openFixture, pattern } from './volumes-fixture.ts'

test('values of a range stay what they are when its iterator, and those of other environments, move on', async () => {
  const home = await mkdtemp(join(tmpdir(), 'ranges-'))
  const environments = Array.from({ length: 6 }, (_, index) =>
    open<Buffer, Buffer>({
      path: join(home, `${index}.mdb`),
      noSubdir: true,
      keyEncoding: 'binary',
      encoding: 'binary',
      cache: false,
      noSync: true,
    }),
  )
  try {
    const sizes = [100, 5000, 1_000_000]
    const valueOf = (place: number, i: number): Buffer =>
      Buffer.alloc(sizes[i % 3] as number, `${place}:${i}|`)
    const keyOf = (i: number): Buffer => Buffer.from(`key ${String(i).padStart(3, '0')}`)
    for (const [place, index] of environments.entries()) {
      await index.batch(() => {
        for (let i = 0; i < 12; i++) void index.put(keyOf(i), valueOf(place, i))
      })
    }
    const iterators = environments.map((index) =>
      index.getRange({ start: keyOf(0), end: keyOf(99) })[Symbol.iterator](),
    )
    const kept: { place: number; i: number; key: Buffer; value: Buffer }[] = []
    for (let i = 0; i < 12; i++) {
      for (const [place, iterator] of iterators.entries()) {
        const step = iterator.next()
        if (step.done !== true) kept.push({ place, i, ...step.value })
      }
    }
    for (const iterator of iterators) iterator.return?.()
    // Overwriting frees and reuses the pages that the values lay on.
    for (const index of environments) {
      for (let round = 0; round < 3; round++) {
        await index.batch(() => {
          for (let i = 0; i < 12; i++)
            void index.put(keyOf(i), Buffer.alloc(sizes[i % 3] as number))
        })
      }
    }
    expect(kept).toHaveLength(72)
    for (const { place, i, key, value } of kept) {
      expect(key.equals(keyOf(i))).toBe(true)
      expect(value.equals(valueOf(place, i))).toBe(true)
    }
  } finally {
    for (const index of environments) await index.close()
    await rm(home, { recursive: true, force: true })
  }
})

test('a slow listing holds no read transaction, and goes on past what changes meanwhile', async () => {
  await using fixture = await openFixture()
  await fixture.store.createBucket('b')
  const bucket = await fixture.store.openBucket('b')
  const names = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')}`)
  for (const name of names) await bucket.put(name, [Buffer.from(name)])
  const seen: string[] = []
  for await (const entry of bucket.list()) {
    if (entry.type !== 'object') continue
    seen.push(entry.info.key)
    if (seen.length === 2) {
      // The slow consumer: whatever is still open now stays open for as long as it likes.
      await new Promise((resolve) => setTimeout(resolve, 50))
      const lock = open({ path: join(fixture.volumes[0] as string, 'index.mdb'), noSubdir: true })
      // One line a reader; a transaction that is open shows its number there, a free slot a dash.
      const readers = lock.readerList().trim().split('\n').slice(1)
      expect(readers.filter((line) => !line.trim().endsWith('-'))).toEqual([])
      await bucket.delete('k30')
      await bucket.put('k31', [Buffer.from('new')])
    }
  }
  expect(seen).toEqual(names.filter((name) => name !== 'k30'))
})

test('keys and names of every kind are kept apart, as long as they may be', async () => {
  await using fixture = await openFixture()
  const name = 'n'.repeat(255)
  await fixture.store.createBucket(name)
  const bucket = await fixture.store.openBucket(name)
  const keys = [
    'a',
    'a/b',
    'a/',
    '.',
    '..',
    '/',
    ' ',
    '\u0001',
    '\uffff',
    '😀',
    'é',
    'e\u0301',
    'k'.repeat(1024),
    '€'.repeat(341),
  ]
  for (const key of keys) await bucket.put(key, [Buffer.from(`body of ${key}`)])
  const long = 'u'.repeat(1024)
  const upload = await bucket.createMultipart(long)
  await upload.complete([await upload.putPart(10_000, [pattern(5)])])
  await fixture.reopen()
  const again = await fixture.store.openBucket(name)
  for (const key of keys) {
    const body = await collect((await again.get(key)).body)
    expect(Buffer.from(body).toString()).toBe(`body of ${key}`)
  }
  expect((await again.head(long)).size).toBe(5)
  for (const bad of ['', 'a\0b', 'k'.repeat(1025), '\ud800', 'x\udc00']) {
    await expect((async () => await again.put(bad, []))()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  }
  for (const bad of ['', 'a\0b', '\ud800', 'n'.repeat(256)]) {
    await expect(fixture.store.createBucket(bad)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  }
})
