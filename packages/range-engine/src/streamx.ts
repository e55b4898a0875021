import { toStreamxReadable } from '@millrace/byte-streams/streamx'
import type { ObjectStore } from '@millrace/object-store'
import type { Readable } from 'streamx'
import { type ObjectStreamOptions, openObjectStream } from './open-object-stream.ts'

/**
 * `openObjectStream` as a streamx Readable, for the start of streamx's `pipeline()`. Nothing is fetched before it is read;
 * destroying it stops all fetches.
 *
 * @param store - any store
 * @param key - the object
 * @param options - as for `openObjectStream`; an abort destroys the stream with `signal.reason` itself
 * @returns a Readable of the object's bytes
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore } from '@millrace/object-store'
 * import { objectReadable } from '@millrace/range-engine/streamx'
 *
 * const store = createMemoryStore()
 * await store.put('flour', [Buffer.from('fine')])
 * for await (const chunk of objectReadable(store, 'flour')) assert.equal(Buffer.from(chunk).toString(), 'fine')
 * ```
 */
export function objectReadable(
  store: ObjectStore,
  key: string,
  options: ObjectStreamOptions = {},
): Readable {
  const { signal } = options
  return toStreamxReadable(read(store, key, options), signal === undefined ? {} : { signal })
}

async function* read(
  store: ObjectStore,
  key: string,
  options: ObjectStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using stream = await openObjectStream(store, key, options)
  yield* stream
}
