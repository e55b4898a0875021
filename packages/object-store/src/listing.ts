import { compareKeys } from './keys.ts'

/** What {@link walkKeys} needs of an ordered index of keys. */
export interface KeyCursor<V> {
  next(): readonly [key: string, value: V] | undefined
  /** Moves on to the first key at or after this one, never back. */
  seek(key: string): void
}

/** A key, or a prefix that stands for all keys under it. */
export type Walked<V> = { readonly key: string; readonly value: V } | { readonly prefix: string }

/**
 * Walks ordered keys as a listing does: only keys under `prefix`, keys that share the text up to `delimiter` once as a
 * prefix, and only what comes strictly after `startAfter`. It seeks past the keys under a prefix instead of reading them.
 *
 * @param open - opens a cursor at the first key at or after `from`
 * @param options - `include` says whether a value counts at all (a delete marker does not, say)
 * @returns keys and prefixes in UTF-8 byte order
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { walkKeys } from '@millrace/object-store'
 *
 * const keys = ['a', 'a/1', 'a/2', 'b']
 * const open = (from) => {
 *   let at = keys.findIndex((key) => key >= from)
 *   return {
 *     next: () => (at >= 0 && at < keys.length ? [keys[at], at++] : undefined),
 *     seek: (key) => { while (at < keys.length && keys[at] < key) at++ },
 *   }
 * }
 * assert.deepEqual([...walkKeys(open, { delimiter: '/' })].map((one) => one.key ?? one.prefix), ['a', 'a/', 'b'])
 * ```
 */
export function* walkKeys<V>(
  open: (from: string) => KeyCursor<V>,
  options: {
    readonly prefix?: string | undefined
    readonly delimiter?: string | undefined
    readonly startAfter?: string | undefined
    /** Gives the key `startAfter` itself as well: a listing of versions may stop within a key. */
    readonly inclusive?: boolean | undefined
    readonly include?: ((value: V) => boolean) | undefined
  },
): Generator<Walked<V>, void, undefined> {
  const { prefix = '', delimiter = '', startAfter = '', inclusive = false, include } = options
  const cursor = open(compareKeys(startAfter, prefix) > 0 ? startAfter : prefix)
  for (;;) {
    const entry = cursor.next()
    if (entry === undefined) return
    const [key, value] = entry
    if (!key.startsWith(prefix)) return
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (cut >= 0) {
      const shared = key.slice(0, cut + delimiter.length)
      const past = afterPrefix(shared)
      if (compareKeys(shared, startAfter) <= 0) {
        if (past === undefined) return
        cursor.seek(past)
        continue
      }
      if (include !== undefined && !include(value)) continue
      yield { prefix: shared }
      if (past === undefined) return
      cursor.seek(past)
      continue
    }
    if (key === startAfter && !inclusive) continue
    if (include !== undefined && !include(value)) continue
    yield { key, value }
  }
}

/**
 * The least string that comes after every key under a prefix: the prefix with its last character raised by one.
 *
 * @param prefix - any text
 * @returns that string, or undefined where there is none (the empty prefix, or nothing but U+10FFFF)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { afterPrefix } from '@millrace/object-store'
 *
 * assert.equal(afterPrefix('a/'), 'a0')
 * ```
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix)
  while (points.length > 0) {
    const last = (points.pop() as string).codePointAt(0) as number
    if (last < 0x10ffff) {
      // U+D800 to U+DFFF are no characters, so the one after U+D7FF is U+E000.
      return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)
    }
  }
  return undefined
}
