import type { Volume } from './volume.ts'

/** One physical key and its copies on the volumes. */
export interface Merged {
  readonly key: Uint8Array
  readonly copies: readonly { readonly volume: Volume; readonly value: Uint8Array }[]
}

/**
 * Walks the same key range of several indexes side by side, in key order, each key once with all its copies. It holds
 * read transactions, so it must be walked to its end, or left, without waiting for anything.
 */
export function* mergeRanges(
  volumes: readonly Volume[],
  start: Uint8Array,
  end: Uint8Array,
): Generator<Merged, void, undefined> {
  const cursors = volumes.map((volume) => {
    const range = volume.index.getRange({ start: start as Buffer, end: end as Buffer })
    const iterator = range[Symbol.iterator]()
    return { volume, iterator, head: iterator.next() }
  })
  try {
    for (;;) {
      let key: Uint8Array | undefined
      for (const { head } of cursors) {
        if (head.done === true) continue
        if (key === undefined || Buffer.compare(head.value.key, key) < 0) key = head.value.key
      }
      if (key === undefined) return
      const copies: { volume: Volume; value: Uint8Array }[] = []
      for (const cursor of cursors) {
        if (cursor.head.done === true || Buffer.compare(cursor.head.value.key, key) !== 0) continue
        copies.push({ volume: cursor.volume, value: cursor.head.value.value })
        cursor.head = cursor.iterator.next()
      }
      yield { key, copies }
    }
  } finally {
    for (const { iterator } of cursors) iterator.return?.()
  }
}
