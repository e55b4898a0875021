import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, type ObjectStore } from '@millrace/object-store'
import {
  downloadToFile,
  openObjectStream,
  readObject,
  type TransferEvent,
  type TransferOptions,
} from '@millrace/range-engine'
import { objectReadable } from '@millrace/range-engine/streamx'
import { openWorkerLanes } from '@millrace/worker-lanes'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type Fault, type FaultyStore, faultyStore, unavailable } from './faulty-store.ts'

const quick = { baseDelayMs: 1, maxDelayMs: 2 }
const lanes = openWorkerLanes({ scheme: { k: 1, m: 0 }, unit: 256 * 1024, slots: 12, threads: 1 })
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'))
})
afterAll(async () => {
  await lanes.close()
  await rm(folder, { recursive: true })
})

function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed * 2_654_435_761
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

type Verb = (store: ObjectStore, key: string, options?: TransferOptions) => Promise<Buffer>

let files = 0
const verbs: Readonly<Record<string, Verb>> = {
  'readObject()': async (store, key, options) =>
    Buffer.from((await readObject(store, key, { retry: quick, ...options })).bytes),
  'openObjectStream()': async (store, key, options) => {
    await using stream = await openObjectStream(store, key, { retry: quick, ...options })
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk)
    return Buffer.concat(chunks)
  },
  'downloadToFile()': async (store, key, options) => {
    const { path } = await downloadToFile(store, key, join(folder, `${files++}`), {
      retry: quick,
      ...options,
    })
    return readFile(path)
  },
  'downloadToFile() with lanes': async (store, key, options) => {
    const { path } = await downloadToFile(store, key, join(folder, `${files++}`), {
      retry: quick,
      lanes,
      ...options,
    })
    return readFile(path)
  },
}

async function stored(bytes: Uint8Array): Promise<ObjectStore> {
  const store = createMemoryStore()
  await store.put('key', [bytes])
  return store
}

function checkClean(store: FaultyStore): void {
  assert.equal(store.open, 0, 'bodies left open')
  assert.equal(lanes.pool.available, lanes.pool.slotCount, 'leases not returned')
}

for (const [name, verb] of Object.entries(verbs)) {
  describe(name, () => {
    test('gives the same bytes for every size, part size and concurrency', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.constantFrom(0, 1, 999, 1000, 1001, 2000), fc.nat(400_000)),
          fc.integer({ min: 1000, max: 100_000 }),
          fc.integer({ min: 1, max: 5 }),
          async (size, partSize, concurrency) => {
            const bytes = pattern(size)
            const store = faultyStore(await stored(bytes))
            const got = await verb(store, 'key', { partSize, concurrency })
            assert.ok(got.equals(bytes), `${size} ${partSize} ${concurrency}`)
            checkClean(store)
          },
        ),
        { numRuns: 15 },
      )
    })

    test('goes on at the byte where a part breaks off, pinned to the version', async () => {
      const bytes = pattern(900_000)
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(8), fc.nat(150_000)), { maxLength: 4 }),
          async (breaks) => {
            const store = faultyStore(await stored(bytes), (request): Fault | undefined => {
              const found = breaks.find(([at]) => at === request)
              return found && { kind: 'break', after: found[1], error: unavailable() }
            })
            const got = await verb(store, 'key', { partSize: 200_000, concurrency: 3 })
            assert.ok(got.equals(bytes))
            for (const { conditions } of store.requests.slice(1)) {
              assert.ok(conditions === undefined || Array.isArray(conditions.ifMatch))
            }
            checkClean(store)
          },
        ),
        { numRuns: 8 },
      )
    })

    test('needs no HEAD, and one request for a small object', async () => {
      const store = faultyStore(await stored(pattern(100_000)))
      const counting = { ...store, head: async () => assert.fail('HEAD') }
      await verb(counting, 'key')
      assert.equal(store.requests.length, 1)
    })

    test('reads a server that ignores ranges as one stream', async () => {
      const bytes = pattern(500_000)
      const events: TransferEvent[] = []
      const store = faultyStore(await stored(bytes), () => ({ kind: 'whole' }))
      const got = await verb(store, 'key', {
        partSize: 100_000,
        onEvent: (event) => events.push(event),
      })
      assert.ok(got.equals(bytes))
      assert.ok(events.some(({ type }) => type === 'one-stream'))
      checkClean(store)
    })

    test('wrong bytes are an error, wherever the bit flips', async () => {
      const store = faultyStore(await stored(pattern(500_000)), (request) =>
        request === 2 ? { kind: 'flip', at: 77 } : undefined,
      )
      await assert.rejects(verb(store, 'key', { partSize: 100_000 }), {
        code: 'ERR_RANGE_ENGINE_CHECKSUM',
      })
      checkClean(store)
      const unchecked = faultyStore(store, () => undefined)
      assert.equal(
        (await verb(unchecked, 'key', { partSize: 100_000, verify: false })).length,
        500_000,
      )
    })

    test('a fault that lasts comes out, once the repeats are used up', async () => {
      const denied = Object.assign(new Error('denied'), { code: 'ACCESS_DENIED', retryable: false })
      const store = faultyStore(await stored(pattern(500_000)), (request) =>
        request >= 2 ? { kind: 'refuse', error: denied } : undefined,
      )
      await assert.rejects(verb(store, 'key', { partSize: 100_000 }), denied)
      checkClean(store)
      const gone = faultyStore(await stored(pattern(500_000)), (request) =>
        request >= 1 ? { kind: 'refuse', error: unavailable() } : undefined,
      )
      const retry = { ...quick, retries: 2 }
      await assert.rejects(verb(gone, 'key', { partSize: 100_000, retry }), { code: 'UNAVAILABLE' })
      checkClean(gone)
    })

    test('an abort rejects with its reason, before and while bodies hang', async () => {
      const reason = new Error('enough')
      const inner = await stored(pattern(500_000))
      await assert.rejects(
        verb(faultyStore(inner), 'key', { signal: AbortSignal.abort(reason) }),
        reason,
      )
      for (const hanging of [0, 1]) {
        const controller = new AbortController()
        const store = faultyStore(inner, (request) => {
          if (request !== hanging) return undefined
          setTimeout(() => controller.abort(reason), 20)
          return { kind: 'hang', after: 0 }
        })
        await assert.rejects(
          verb(store, 'key', { partSize: 100_000, signal: controller.signal }),
          reason,
        )
        checkClean(store)
      }
    })

    test('reports progress up to the end', async () => {
      const seen: number[] = []
      const store = await stored(pattern(500_000))
      await verb(store, 'key', {
        partSize: 100_000,
        onProgress: ({ bytes, size }) => {
          assert.equal(size, 500_000)
          seen.push(bytes)
        },
      })
      assert.equal(seen[0], 0)
      assert.equal(seen.at(-1), 500_000)
    })

    test('checks CRCs and the checksums of parts', async () => {
      for (const checksum of [
        { algorithm: 'crc64nvme', type: 'FULL_OBJECT' },
        { algorithm: 'sha256', type: 'COMPOSITE' },
        undefined,
      ] as const) {
        const memory = createMemoryStore()
        const upload = await memory.createMultipart('key', checksum && { checksum })
        const bodies = [pattern(400_000, 1), pattern(400_000, 2), pattern(70_000, 3)]
        const parts = await Promise.all(bodies.map((body, i) => upload.putPart(i + 1, [body])))
        await upload.complete(
          parts.map(({ partNumber, etag }) => ({ partNumber, etag })),
          { minPartSize: 1 },
        )
        const good = faultyStore(memory)
        assert.ok((await verb(good, 'key', { partSize: 150_000 })).equals(Buffer.concat(bodies)))
        const bad = faultyStore(memory, (request) =>
          request === 1 ? { kind: 'flip', at: 5 } : undefined,
        )
        await assert.rejects(verb(bad, 'key', { partSize: 150_000 }), {
          code: 'ERR_RANGE_ENGINE_CHECKSUM',
        })
        checkClean(good)
        checkClean(bad)
      }
    })

    test('throws at the call for options that cannot be', async () => {
      const store = await stored(pattern(1))
      await assert.rejects(async () => verb(store, 'key', { concurrency: 0 }), {
        code: 'ERR_RANGE_ENGINE_INVALID_ARGUMENT',
      })
    })
  })
}

describe('an object that changes while it is read', () => {
  for (const name of ['readObject()', 'downloadToFile()', 'downloadToFile() with lanes']) {
    test(`${name} begins anew and gives the new one whole`, async () => {
      const inner = await stored(pattern(500_000, 1))
      const events: string[] = []
      const store = faultyStore(inner, (request): Fault | undefined =>
        request === 2
          ? {
              kind: 'before',
              act: async () => void (await inner.put('key', [pattern(450_000, 2)])),
            }
          : undefined,
      )
      const got = await (verbs[name] as Verb)(store, 'key', {
        partSize: 100_000,
        concurrency: 1,
        onEvent: ({ type }) => events.push(type),
      })
      assert.ok(got.equals(pattern(450_000, 2)))
      assert.deepEqual(events, ['restart'])
      checkClean(store)
    })
  }

  test('is an error when it goes on changing, and in a stream', async () => {
    const inner = await stored(pattern(500_000))
    let version = 0
    const changing = (): FaultyStore =>
      faultyStore(inner, (request): Fault | undefined =>
        request % 2 === 1
          ? {
              kind: 'before',
              act: async () => void (await inner.put('key', [pattern(500_000, ++version + 1)])),
            }
          : undefined,
      )
    for (const verb of Object.values(verbs)) {
      const store = changing()
      await assert.rejects(verb(store, 'key', { partSize: 100_000, concurrency: 1 }), {
        code: 'ERR_RANGE_ENGINE_CHANGED',
      })
      checkClean(store)
    }
  })
})

describe('downloadToFile()', () => {
  test('leaves nothing behind on failure, and the old file', async () => {
    const place = await mkdtemp(join(folder, 'clean-'))
    const path = join(place, 'file')
    await writeFile(path, 'old')
    const store = faultyStore(await stored(pattern(500_000)), (request) =>
      request === 3 ? { kind: 'refuse', error: new Error('no') } : undefined,
    )
    await assert.rejects(
      downloadToFile(store, 'key', path, { partSize: 50_000, mode: 'replace' }),
      /no/,
    )
    assert.deepEqual(await readdir(place), ['file'])
    assert.equal(await readFile(path, 'utf8'), 'old')
    await assert.rejects(downloadToFile(store, 'key', path), { code: 'ERR_PWRITE_SINK_EXISTS' })
    assert.deepEqual(await readdir(place), ['file'])
  })

  test('a disk that fails ends it at once and is never a reason to fetch again', async () => {
    const store = faultyStore(await stored(pattern(5_000_000)))
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', retryable: true })
    const place = await mkdtemp(join(folder, 'full-'))
    await assert.rejects(
      downloadToFile(store, 'key', join(place, 'file'), {
        partSize: 500_000,
        concurrency: 2,
        writer: { write: async () => Promise.reject(full) },
      }),
    )
    assert.ok(store.requests.length <= 4)
    assert.deepEqual(await readdir(place), [])
    checkClean(store)
  })
})

describe('readObject()', () => {
  test('refuses what is larger than it may be, before it reads it', async () => {
    const store = faultyStore(await stored(pattern(5000)))
    await assert.rejects(readObject(store, 'key', { maxBytes: 4999 }), {
      code: 'ERR_RANGE_ENGINE_TOO_LARGE',
    })
    checkClean(store)
  })
})

describe('openObjectStream()', () => {
  test('left early or untouched it stops every fetch', async () => {
    const store = faultyStore(await stored(pattern(900_000)))
    await (await openObjectStream(store, 'key', { partSize: 100_000 }))[Symbol.asyncDispose]()
    checkClean(store)
    for await (const chunk of await openObjectStream(store, 'key', { partSize: 100_000 })) {
      assert.ok(chunk.length > 0)
      break
    }
    await new Promise(setImmediate)
    checkClean(store)
  })

  test('is a streamx Readable too', async () => {
    const store = faultyStore(await stored(pattern(300_000)))
    const chunks: Uint8Array[] = []
    for await (const chunk of objectReadable(store, 'key', { partSize: 100_000 })) {
      chunks.push(chunk as Uint8Array)
    }
    assert.ok(Buffer.concat(chunks).equals(pattern(300_000)))
    checkClean(store)
  })
})
