import type { LeaseStream } from '@millrace/pooled-buffers'
import type {
  GetOptions,
  GetResult,
  ListEntry,
  ListOptions,
  MultipartUpload,
  ObjectStore,
} from './port.ts'
import { type Retrier, type RetryOptions, createRetrier, isRetryable } from './retry.ts'

/**
 * A layer that repeats reads, listings and deletes which fail with a `retryable` error, after pauses that double and are
 * spread at random. A body that breaks off goes on at the byte where it broke, pinned to the same version by If-Match; a
 * listing goes on after its last entry. Writes of bodies are never repeated, since a body can be read once only, nor is a
 * conditional delete, whose first attempt may have succeeded.
 *
 * @param store - the store below
 * @param options - see {@link RetryOptions}
 * @returns a store
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for options that are no whole numbers; its calls throw the last error, no
 *   longer `retryable`, when the repeats are used up
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, ObjectStoreError, withRetry } from '@millrace/object-store'
 *
 * const memory = createMemoryStore()
 * await memory.put('a', [Buffer.from('x')])
 * let failures = 2
 * const shaky = { ...memory, head: async (key) => {
 *   if (failures-- > 0) throw new ObjectStoreError('UNAVAILABLE', 'Busy')
 *   return memory.head(key)
 * } }
 * assert.equal((await withRetry(shaky, { baseDelayMs: 1 }).head('a')).size, 1)
 * ```
 */
export function withRetry(store: ObjectStore, options: RetryOptions = {}): ObjectStore {
  const retrier = createRetrier(options)
  const uploadOf = (upload: MultipartUpload): MultipartUpload => ({
    key: upload.key,
    uploadId: upload.uploadId,
    options: upload.options,
    initiated: upload.initiated,
    putPart: async (partNumber, body, options) => upload.putPart(partNumber, body, options),
    listParts: (options = {}) =>
      goingOn(retrier, options.signal, upload.listParts(options), (last) =>
        upload.listParts({ ...options, startAfter: last.partNumber }),
      ),
    complete: async (parts, options) => upload.complete(parts, options),
    abort: async (options) => upload.abort(options),
  })
  return {
    capabilities: store.capabilities,
    async get(key, options = {}) {
      const { signal } = options
      const first = await retrier.run(signal, async () => store.get(key, options))
      return resumable(store, key, options, first, retrier)
    },
    head: async (key, options) =>
      retrier.run(options?.signal, async () => store.head(key, options)),
    put: async (key, body, options) => store.put(key, body, options),
    delete: async (key, options) =>
      options?.conditions === undefined
        ? retrier.run(options?.signal, async () => store.delete(key, options))
        : store.delete(key, options),
    list: (options = {}) =>
      goingOn(retrier, options.signal, store.list(options), (last) =>
        store.list({ ...options, ...after(last) }),
      ),
    createMultipart: async (key, options) => uploadOf(await store.createMultipart(key, options)),
    resumeMultipart: async (key, uploadId) =>
      uploadOf(await retrier.run(undefined, async () => store.resumeMultipart(key, uploadId))),
    listMultipart: (options = {}) =>
      goingOn(retrier, options.signal, store.listMultipart(options), (last) =>
        store.listMultipart({
          ...options,
          startAfter: last.key,
          startAfterUpload: last.uploadId,
        }),
      ),
  }
}

/** The place of an entry, for a listing that goes on behind it. */
function after(entry: ListEntry): Pick<ListOptions, 'startAfter' | 'startAfterVersion'> {
  if (entry.type === 'prefix') return { startAfter: entry.prefix }
  const { key, versionId } = entry.type === 'object' ? entry.info : entry
  return { startAfter: key, startAfterVersion: versionId }
}

async function* goingOn<T>(
  retrier: Retrier,
  signal: AbortSignal | undefined,
  first: AsyncIterable<T>,
  behind: (last: T) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const budget = retrier.budget(signal)
  let listing = first
  let last: { readonly entry: T } | undefined
  for (;;) {
    try {
      for await (const entry of listing) {
        last = { entry }
        budget.progress()
        yield entry
      }
      return
    } catch (error) {
      await budget.failed(error)
      if (last !== undefined) listing = behind(last.entry)
    }
  }
}

function resumable(
  store: ObjectStore,
  key: string,
  options: GetOptions,
  first: GetResult,
  retrier: Retrier,
): GetResult {
  const { info, range } = first
  const { signal } = options
  let current = first
  let disposed = false

  async function* iterate<T>(
    open: (result: GetResult) => AsyncIterable<T>,
    lengthOf: (item: T) => number,
  ): AsyncGenerator<T, void, undefined> {
    const budget = retrier.budget(signal)
    let at = range.start
    let source = open(current)
    for (;;) {
      try {
        for await (const item of source) {
          at += lengthOf(item)
          budget.progress()
          yield item
        }
        return
      } catch (error) {
        if (at === range.end && isRetryable(error)) return
        // A weak ETag does not promise the same bytes.
        if (disposed || info.etag === '' || info.etag.startsWith('W/')) throw error
        await budget.failed(error)
        await current[Symbol.asyncDispose]()
        current = await retrier.run(signal, async () =>
          store.get(key, {
            range: { start: at, end: range.end },
            conditions: { ifMatch: [info.etag] },
            ...(info.versionId === 'null' ? {} : { versionId: info.versionId }),
            ...(signal === undefined ? {} : { signal }),
          }),
        )
        source = open(current)
      }
    }
  }

  const plain = (): AsyncGenerator<Uint8Array, void, undefined> =>
    iterate(
      ({ body }) => body,
      (chunk) => chunk.byteLength,
    )
  const { body } = first
  return {
    info,
    range,
    body:
      'leases' in body
        ? {
            [Symbol.asyncIterator]: plain,
            leases: () => iterate(leasesOf, (lease) => lease.bytes.byteLength),
          }
        : { [Symbol.asyncIterator]: plain },
    async [Symbol.asyncDispose]() {
      disposed = true
      await current[Symbol.asyncDispose]()
    },
  }
}

function leasesOf({ body }: GetResult): ReturnType<LeaseStream['leases']> {
  if ('leases' in body) return body.leases()
  throw new TypeError('Store gave leases for one part of a body and not for the next')
}
