import assert from 'node:assert/strict'
import {
  createMemoryStore,
  type GetResult,
  ObjectStoreError,
  type ObjectStore,
  withLimit,
  withPrefix,
  withRetry,
} from '@millrace/object-store'
import * as fc from 'fast-check'
import { describe, test } from 'vitest'

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const busy = (): ObjectStoreError => new ObjectStoreError('UNAVAILABLE', 'Busy')
const quick = { baseDelayMs: 1, sleep: async () => {} }

describe('withRetry()', () => {
  /** A store whose bodies break off after some bytes, as often as told. */
  function breaking(memory: ObjectStore, breaks: number[]): ObjectStore {
    return {
      ...memory,
      async get(key, options) {
        const result = await memory.get(key, options)
        const at = breaks.shift()
        if (at === undefined) return result
        return {
          ...result,
          body: (async function* () {
            let given = 0
            for await (const chunk of result.body) {
              const rest = chunk.subarray(0, at - given)
              given += rest.length
              if (rest.length > 0) yield rest
              if (given >= at) throw busy()
            }
          })(),
          [Symbol.asyncDispose]: async () => result[Symbol.asyncDispose](),
        } satisfies GetResult
      },
    }
  }

  test('a body that breaks off anywhere goes on there', async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) % 251))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3000), { maxLength: 4 }),
        fc.nat(4999),
        async (breaks, start) => {
          const memory = createMemoryStore()
          await memory.put('key', [bytes])
          const store = withRetry(breaking(memory, [...breaks]), quick)
          const { body } = await store.get('key', { range: { start } })
          assert.ok((await bytesOf(body)).equals(bytes.subarray(start)))
        },
      ),
      { numRuns: 50 },
    )
  })

  test('a body that changed meanwhile is an error, never a mix', async () => {
    const memory = createMemoryStore()
    await memory.put('key', [Buffer.alloc(1000, 1)])
    const store = withRetry(breaking(memory, [500]), quick)
    const { body } = await store.get('key')
    await memory.put('key', [Buffer.alloc(1000, 2)])
    await assert.rejects(bytesOf(body), { code: 'PRECONDITION_FAILED' })
  })

  test('gives up after the repeats, no longer retryable, with the cause', async () => {
    let calls = 0
    const store = withRetry(
      {
        ...createMemoryStore(),
        head: async () => {
          calls++
          throw busy()
        },
      },
      { ...quick, retries: 2 },
    )
    await assert.rejects(store.head('key'), (error: ObjectStoreError) => {
      assert.equal(error.code, 'UNAVAILABLE')
      assert.equal(error.retryable, false)
      assert.ok(error.cause instanceof ObjectStoreError)
      return true
    })
    assert.equal(calls, 3)
  })

  test('does not repeat puts, conditional deletes, or what is not retryable', async () => {
    let calls = 0
    const fail = async (): Promise<never> => {
      calls++
      throw busy()
    }
    const store = withRetry({ ...createMemoryStore(), put: fail, delete: fail }, quick)
    await assert.rejects(store.put('key', []), { code: 'UNAVAILABLE' })
    await assert.rejects(store.delete('key', { conditions: { ifMatch: 'x' } }), {
      code: 'UNAVAILABLE',
    })
    assert.equal(calls, 2)
    await assert.rejects(withRetry(createMemoryStore(), quick).head('key'), { code: 'NOT_FOUND' })
  })

  test('pauses grow, are spread, and end with the signal', async () => {
    const pauses: number[] = []
    const store = withRetry(
      { ...createMemoryStore(), head: async () => Promise.reject(busy()) },
      {
        baseDelayMs: 100,
        maxDelayMs: 350,
        random: () => 0.5,
        sleep: async (ms) => {
          pauses.push(ms)
        },
      },
    )
    await assert.rejects(store.head('key'))
    assert.deepEqual(pauses, [50, 100, 175, 175])
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = withRetry(
      { ...createMemoryStore(), head: async () => Promise.reject(busy()) },
      { baseDelayMs: 60_000, maxDelayMs: 60_000, random: () => 1 },
    ).head('key', { signal: controller.signal })
    setImmediate(() => controller.abort(reason))
    await assert.rejects(waiting, reason)
  })

  test('a listing goes on after its last entry', async () => {
    const memory = createMemoryStore()
    for (const key of ['a', 'b/1', 'b/2', 'c', 'd']) await memory.put(key, [])
    let failures = 3
    const store = withRetry(
      {
        ...memory,
        list: (options) =>
          (async function* () {
            let given = 0
            for await (const entry of memory.list(options)) {
              if (given++ === 1 && failures-- > 0) throw busy()
              yield entry
            }
          })(),
      },
      quick,
    )
    const found: string[] = []
    for await (const entry of store.list({ delimiter: '/' })) {
      found.push(
        entry.type === 'prefix' ? entry.prefix : entry.type === 'object' ? entry.info.key : '',
      )
    }
    assert.deepEqual(found, ['a', 'b/', 'c', 'd'])
  })
})

describe('withLimit()', () => {
  test('bounds what is under way, bodies included, and loses no permit', async () => {
    const memory = createMemoryStore()
    await memory.put('key', [new Uint8Array(10)])
    let open = 0
    let most = 0
    const counted: ObjectStore = {
      ...memory,
      async get(key, options) {
        most = Math.max(most, ++open)
        try {
          const result = await memory.get(key, options)
          return { ...result, [Symbol.asyncDispose]: async () => result[Symbol.asyncDispose]() }
        } catch (error) {
          open--
          throw error
        }
      },
    }
    const store = withLimit(counted, { concurrency: 3 })
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        if (i % 3 === 0) await assert.rejects(store.get('nothing'), { code: 'NOT_FOUND' })
        else {
          const result = await store.get('key')
          await new Promise(setImmediate)
          open--
          if (i % 3 === 1) await bytesOf(result.body)
          else await result[Symbol.asyncDispose]()
        }
      }),
    )
    assert.equal(most, 3)
    await bytesOf((await store.get('key')).body)
  })

  test('a waiting call ends with its signal; too many are refused', async () => {
    const memory = createMemoryStore()
    await memory.put('key', [])
    const store = withLimit(memory, { concurrency: 1, maxWaiting: 1 })
    const held = await store.get('key')
    const controller = new AbortController()
    const waiting = store.head('key', { signal: controller.signal })
    await assert.rejects(store.head('key'), { code: 'UNAVAILABLE' })
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    await held[Symbol.asyncDispose]()
    assert.equal((await store.head('key')).size, 0)
    assert.throws(() => withLimit(memory, { concurrency: 0 }), { code: 'INVALID_ARGUMENT' })
  })
})

describe('withPrefix()', () => {
  test('shows only what is under it', async () => {
    const memory = createMemoryStore()
    for (const key of ['p', 'p/', 'p/a', 'p/b/c', 'q']) await memory.put(key, [Buffer.from(key)])
    const store = withPrefix(memory, { prefix: 'p/' })
    const found: string[] = []
    for await (const entry of store.list({ delimiter: '/' })) {
      found.push(
        entry.type === 'prefix' ? entry.prefix : entry.type === 'object' ? entry.info.key : '',
      )
    }
    assert.deepEqual(found, ['a', 'b/'])
    await store.delete('a')
    await assert.rejects(memory.head('p/a'), { code: 'NOT_FOUND' })
    await assert.rejects(store.head('x'.repeat(1023)), { code: 'INVALID_ARGUMENT' })
  })
})
