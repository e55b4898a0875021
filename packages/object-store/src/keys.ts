import { ObjectStoreError } from './errors.ts'

/** Longest key, in UTF-8 bytes (Amazon S3 user guide, "Naming Amazon S3 objects"). */
export const MAX_KEY_BYTES = 1024

/**
 * Compares two keys by their UTF-8 bytes, which is the order of every listing. JavaScript's own order of strings is by
 * UTF-16 code units and puts characters past U+FFFF before U+E000 to U+FFFF.
 *
 * @param a - a key or prefix
 * @param b - a key or prefix
 * @returns less than, equal to or greater than 0
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { compareKeys } from '@millrace/object-store'
 *
 * assert.deepEqual(['\u{1F600}', '\uFF5E', 'a'].sort(compareKeys), ['a', '\uFF5E', '\u{1F600}'])
 * ```
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for characters past U+FFFF: move them behind everything else, as their UTF-8 bytes are.
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000
    }
    return x - y
  }
  return a.length - b.length
}

/**
 * Refuses what is no key: the empty string, more than {@link MAX_KEY_BYTES} UTF-8 bytes, half of a surrogate pair.
 * Everything else is a key, `.`, `..` and `//` included.
 *
 * @param key - what the caller gave as a key
 * @returns the key itself
 * @throws {ObjectStoreError} `INVALID_ARGUMENT`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkKey } from '@millrace/object-store'
 *
 * assert.equal(checkKey('../a//b'), '../a//b')
 * assert.throws(() => checkKey(''), { code: 'INVALID_ARGUMENT' })
 * ```
 */
export function checkKey(key: string): string {
  if (typeof key !== 'string' || key === '') {
    throw new ObjectStoreError('INVALID_ARGUMENT', 'Key must be a string that is not empty')
  }
  if (
    key.length > MAX_KEY_BYTES ||
    (key.length * 3 > MAX_KEY_BYTES && utf8Length(key) > MAX_KEY_BYTES)
  ) {
    throw new ObjectStoreError('INVALID_ARGUMENT', `Key is too long: ${utf8Length(key)} bytes`, {
      details: { reason: 'KEY_TOO_LONG', maximum: MAX_KEY_BYTES },
    })
  }
  if (/\p{Surrogate}/u.test(key)) {
    throw new ObjectStoreError('INVALID_ARGUMENT', 'Key is not well-formed Unicode')
  }
  return key
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
