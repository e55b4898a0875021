import assert from 'node:assert/strict'
import type { ByteSource, ByteStream } from '@millrace/byte-streams'
import type { ObjectStoreErrorCode } from '../errors.ts'
import type { GetOptions, ListEntry, ListOptions, ObjectStore } from '../port.ts'

/**
 * Makes a fresh, empty store. A store that cannot write is made with `objects` in it; one that can may ignore them, the
 * tests put them.
 */
export type MakeStore = (objects: ReadonlyMap<string, Uint8Array>) => Promise<ObjectStore>

/** One test, for any runner. */
export interface ConformanceTest {
  readonly name: string
  readonly run: (makeStore: MakeStore) => Promise<void>
}

/** A test of what a store can do: it is skipped (passes) where `needs` says that the store cannot. */
export function test(
  name: string,
  needs: readonly ('write' | 'list' | 'multipart' | 'versions' | 'conditionalWrite')[],
  body: (store: ObjectStore) => Promise<void>,
  objects: Readonly<Record<string, Uint8Array>> = {},
): ConformanceTest {
  return {
    name,
    async run(makeStore) {
      const seeds = new Map(Object.entries(objects))
      const store = await makeStore(seeds)
      if (needs.some((need) => !store.capabilities[need])) return
      if (store.capabilities.write) {
        for (const [key, bytes] of seeds) await store.put(key, [bytes])
      }
      await body(store)
    },
  }
}

/** Bytes that differ at every offset a mistake could shift to. */
export function pattern(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = (seed * 2_654_435_761 + 12_345) >>> 0
  for (let i = 0; i < size; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** Collects a body. */
export async function bytesOf(source: ByteSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

export async function read(
  store: ObjectStore,
  key: string,
  options?: GetOptions,
): Promise<Uint8Array> {
  return bytesOf((await store.get(key, options)).body)
}

/** Compares without printing megabytes when it fails. */
export function assertSame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(actual.byteLength, expected.byteLength, `${what}: length`)
  assert.ok(Buffer.compare(actual, expected) === 0, `${what}: bytes differ`)
}

/** The call fails with this code, thrown at once or rejected. */
export async function assertCode(
  code: ObjectStoreErrorCode,
  call: () => unknown,
  what: string = code,
): Promise<void> {
  await assert.rejects(
    async () => {
      await call()
    },
    (error: unknown) => {
      assert.equal((error as { code?: unknown }).code, code, `${what}: ${String(error)}`)
      assert.equal((error as Error).name, 'ObjectStoreError', what)
      return true
    },
  )
}

export async function entries(store: ObjectStore, options?: ListOptions): Promise<ListEntry[]> {
  const found: ListEntry[] = []
  for await (const entry of store.list(options)) found.push(entry)
  return found
}

/** Keys and prefixes of a listing, in the order they came. */
export async function names(store: ObjectStore, options?: ListOptions): Promise<string[]> {
  return (await entries(store, options)).map((entry) =>
    entry.type === 'object' ? entry.info.key : entry.type === 'prefix' ? entry.prefix : entry.key,
  )
}

/** A source that gives these chunks and records whether it was closed. */
export function watched(
  chunks: readonly Uint8Array[],
  end: 'finish' | 'fail' | 'hang',
  failure?: Error,
): ByteStream & { readonly closed: boolean } {
  let closed = false
  let at = 0
  return {
    get closed() {
      return closed
    },
    [Symbol.asyncIterator]() {
      return {
        async next() {
          const value = chunks[at++]
          if (value !== undefined) return { done: false as const, value }
          if (end === 'hang') await new Promise<never>(() => {})
          closed = true
          if (end === 'fail') throw failure ?? new Error('source failed')
          return { done: true as const, value: undefined }
        },
        async return() {
          closed = true
          return { done: true as const, value: undefined }
        },
      }
    },
  }
}
