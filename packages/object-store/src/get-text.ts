import { collect } from '@millrace/byte-streams'
import { ObjectStoreError } from './errors.ts'
import type { GetOptions, ObjectStore } from './port.ts'

/** Most bytes that {@link getText} takes when not told otherwise: 16 MiB. */
export const DEFAULT_TEXT_MAX_BYTES: number = 16 * 1024 * 1024

/**
 * Reads an object as text in UTF-8.
 *
 * @param store - the store
 * @param key - the object
 * @param options - `maxBytes` bounds what is held; the rest as for `get`
 * @returns the text, without a byte order mark
 * @throws {ObjectStoreError} what `get` throws; `INVALID_ARGUMENT` where there are more bytes than `maxBytes`; `CORRUPT`
 *   where they are not UTF-8
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, getText } from '@millrace/object-store'
 *
 * const store = createMemoryStore()
 * await store.put('note', [Buffer.from('M\u00fchle')])
 * assert.equal(await getText(store, 'note'), 'M\u00fchle')
 * ```
 */
export async function getText(
  store: ObjectStore,
  key: string,
  options: GetOptions & { readonly maxBytes?: number } = {},
): Promise<string> {
  const { maxBytes = DEFAULT_TEXT_MAX_BYTES, ...read } = options
  await using result = await store.get(key, read)
  const size = result.range.end - result.range.start
  if (size > maxBytes) {
    throw new ObjectStoreError('INVALID_ARGUMENT', `Text is more than ${maxBytes} bytes: ${size}`)
  }
  const bytes = await collect(result.body, { maxBytes })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ObjectStoreError('CORRUPT', `Object is not text in UTF-8: ${key}`, { cause })
  }
}
