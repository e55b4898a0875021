import { ObjectStoreError } from './errors.ts'
import type { GetResult, MultipartUpload, ObjectStore } from './port.ts'
import { type Semaphore, createSemaphore } from './semaphore.ts'

/** Calls that may wait in {@link withLimit} when not told otherwise. */
export const DEFAULT_MAX_WAITING = 10_000

/** Options of {@link withLimit}. */
export interface LimitOptions {
  /**
   * Most reads under way at a time, and most writes: they are counted apart, so that a copy, which writes while it reads,
   * never waits for itself.
   */
  readonly concurrency: number
  /**
   * Most calls that wait; one more throws `UNAVAILABLE`.
   *
   * @default DEFAULT_MAX_WAITING
   */
  readonly maxWaiting?: number
}

/**
 * A layer that bounds how much a store does at a time; calls beyond that wait, first come first served. The body of a `get`
 * counts until it is read, left or disposed of; a listing counts while it fetches, not while its consumer works.
 *
 * @param store - the store below
 * @param options - see {@link LimitOptions}
 * @returns a store
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for a concurrency that is no positive integer; its calls reject with
 *   `UNAVAILABLE` when too many wait
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, getText, withLimit } from '@millrace/object-store'
 *
 * const store = withLimit(createMemoryStore(), { concurrency: 2 })
 * await Promise.all(['a', 'b', 'c'].map((key) => store.put(key, [Buffer.from(key)])))
 * assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((key) => getText(store, key))), ['a', 'b', 'c'])
 * ```
 */
export function withLimit(store: ObjectStore, options: LimitOptions): ObjectStore {
  const { concurrency, maxWaiting = DEFAULT_MAX_WAITING } = options
  for (const [name, value] of [
    ['concurrency', concurrency],
    ['maxWaiting', maxWaiting],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < (name === 'concurrency' ? 1 : 0)) {
      throw new ObjectStoreError('INVALID_ARGUMENT', `${name} must be a positive integer: ${value}`)
    }
  }
  const reads = createSemaphore(concurrency, maxWaiting)
  const writes = createSemaphore(concurrency, maxWaiting)

  const uploadOf = (upload: MultipartUpload): MultipartUpload => ({
    key: upload.key,
    uploadId: upload.uploadId,
    options: upload.options,
    initiated: upload.initiated,
    putPart: async (partNumber, body, options) =>
      writes.run(options?.signal, async () => upload.putPart(partNumber, body, options)),
    listParts: (options) => gated(reads, options?.signal, upload.listParts(options)),
    complete: async (parts, options) =>
      writes.run(options?.signal, async () => upload.complete(parts, options)),
    abort: async (options) => writes.run(options?.signal, async () => upload.abort(options)),
  })

  return {
    capabilities: store.capabilities,
    async get(key, options) {
      const release = await reads.acquire(options?.signal)
      try {
        return heldUntilRead(await store.get(key, options), release)
      } catch (error) {
        release()
        throw error
      }
    },
    head: async (key, options) => reads.run(options?.signal, async () => store.head(key, options)),
    put: async (key, body, options) =>
      writes.run(options?.signal, async () => store.put(key, body, options)),
    delete: async (key, options) =>
      writes.run(options?.signal, async () => store.delete(key, options)),
    list: (options) => gated(reads, options?.signal, store.list(options)),
    createMultipart: async (key, options) =>
      uploadOf(await writes.run(options?.signal, async () => store.createMultipart(key, options))),
    resumeMultipart: async (key, uploadId) =>
      uploadOf(await reads.run(undefined, async () => store.resumeMultipart(key, uploadId))),
    listMultipart: (options) => gated(reads, options?.signal, store.listMultipart(options)),
  }
}

/** Gives the permit back when the body ends, is left or is disposed of: whichever comes first. */
function heldUntilRead(result: GetResult, release: () => void): GetResult {
  const { body } = result
  const iterate = async function* <T>(
    source: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    try {
      yield* source
    } finally {
      release()
    }
  }
  return {
    info: result.info,
    range: result.range,
    body:
      'leases' in body
        ? {
            [Symbol.asyncIterator]: () => iterate(body),
            leases: () => iterate(body.leases()),
          }
        : { [Symbol.asyncIterator]: () => iterate(body) },
    async [Symbol.asyncDispose]() {
      try {
        await result[Symbol.asyncDispose]()
      } finally {
        release()
      }
    },
  }
}

async function* gated<T>(
  semaphore: Semaphore,
  signal: AbortSignal | undefined,
  source: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let open = true
  try {
    for (;;) {
      const step = await semaphore.run(signal, async () => iterator.next())
      if (step.done === true) {
        open = false
        return
      }
      yield step.value
    }
  } finally {
    if (open) await iterator.return?.()
  }
}
