import { checkKey } from './keys.ts'
import type { ListEntry, MultipartUpload, ObjectInfo, ObjectStore } from './port.ts'

/**
 * A layer that shows only the keys under a prefix, without it: a folder of a store as a store.
 *
 * @param store - the store below
 * @param options - `prefix` is put before every key as it is; end it with `/` for a folder
 * @returns a store
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for a prefix that cannot begin a key
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, withPrefix } from '@millrace/object-store'
 *
 * const store = createMemoryStore()
 * const photos = withPrefix(store, { prefix: 'photos/' })
 * await photos.put('a.jpg', [new Uint8Array(2)])
 * assert.equal((await store.head('photos/a.jpg')).size, 2)
 * assert.equal((await photos.head('a.jpg')).key, 'a.jpg')
 * ```
 */
export function withPrefix(store: ObjectStore, options: { readonly prefix: string }): ObjectStore {
  const { prefix } = options
  if (prefix === '') return store
  checkKey(prefix)
  const inner = (key: string): string => checkKey(prefix + checkKey(key))
  const outer = (key: string): string => key.slice(prefix.length)
  const infoOf = (info: ObjectInfo): ObjectInfo => ({ ...info, key: outer(info.key) })
  const uploadOf = (upload: MultipartUpload): MultipartUpload => ({
    key: outer(upload.key),
    uploadId: upload.uploadId,
    options: upload.options,
    initiated: upload.initiated,
    putPart: async (partNumber, body, options) => upload.putPart(partNumber, body, options),
    listParts: (options) => upload.listParts(options),
    complete: async (parts, options) => upload.complete(parts, options),
    abort: async (options) => upload.abort(options),
  })
  return {
    capabilities: store.capabilities,
    async get(key, options) {
      const result = await store.get(inner(key), options)
      const { range, body } = result
      return {
        info: infoOf(result.info),
        range,
        body,
        [Symbol.asyncDispose]: async () => result[Symbol.asyncDispose](),
      }
    },
    head: async (key, options) => infoOf(await store.head(inner(key), options)),
    put: async (key, body, options) => store.put(inner(key), body, options),
    delete: async (key, options) => store.delete(inner(key), options),
    list: (options = {}) =>
      listUnder(
        store.list({
          ...options,
          prefix: prefix + (options.prefix ?? ''),
          ...(options.startAfter === undefined ? {} : { startAfter: prefix + options.startAfter }),
        }),
        outer,
      ),
    createMultipart: async (key, options) =>
      uploadOf(await store.createMultipart(inner(key), options)),
    resumeMultipart: async (key, uploadId) =>
      uploadOf(await store.resumeMultipart(inner(key), uploadId)),
    listMultipart: (options = {}) =>
      uploadsUnder(
        store.listMultipart({
          ...options,
          prefix: prefix + (options.prefix ?? ''),
          ...(options.startAfter === undefined ? {} : { startAfter: prefix + options.startAfter }),
        }),
        outer,
      ),
  }
}

async function* listUnder(
  listing: AsyncIterable<ListEntry>,
  outer: (key: string) => string,
): AsyncGenerator<ListEntry, void, undefined> {
  for await (const entry of listing) {
    // An object whose key is the prefix itself has no key here.
    if (entry.type === 'prefix') {
      const prefix = outer(entry.prefix)
      if (prefix !== '') yield { type: 'prefix', prefix }
    } else if (entry.type === 'object') {
      const key = outer(entry.info.key)
      if (key !== '') yield { type: 'object', info: { ...entry.info, key } }
    } else {
      const key = outer(entry.key)
      if (key !== '') yield { ...entry, key }
    }
  }
}

async function* uploadsUnder<U extends { readonly key: string }>(
  uploads: AsyncIterable<U>,
  outer: (key: string) => string,
): AsyncGenerator<U, void, undefined> {
  for await (const upload of uploads) {
    const key = outer(upload.key)
    if (key !== '') yield { ...upload, key }
  }
}
