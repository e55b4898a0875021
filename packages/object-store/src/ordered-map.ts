import { compareKeys } from './keys.ts'

const LEAF = 512

/** A map that keeps its keys in UTF-8 byte order. Cursors survive changes made while they are open. */
export interface OrderedMap<V> {
  readonly size: number
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): boolean
  /** Reads from the first key at or after `from`. */
  cursor(from: string): OrderedCursor<V>
}

/** A place in an {@link OrderedMap}; `next()` gives entries until there is none. */
export interface OrderedCursor<V> {
  next(): readonly [key: string, value: V] | undefined
  /** Moves on to the first key at or after `key`, never back. */
  seek(key: string): void
}

interface Leaf<V> {
  readonly keys: string[]
  readonly values: V[]
}

/**
 * Two levels of sorted arrays: leaves of at most 512 entries, and the array of the leaves. Finding is two binary
 * searches, inserting moves at most a leaf; a cursor walks the arrays and searches again only after a change.
 *
 * @returns an empty map
 */
export function createOrderedMap<V>(): OrderedMap<V> {
  const leaves: Leaf<V>[] = [{ keys: [], values: [] }]
  const index = new Map<string, V>()
  let changes = 0

  const leafFor = (key: string): number => {
    let low = 0
    let high = leaves.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (compareKeys((leaves[middle] as Leaf<V>).keys[0] as string, key) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }

  const lowerBound = (keys: readonly string[], key: string): number => {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareKeys(keys[middle] as string, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    get size() {
      return index.size
    },
    get: (key) => index.get(key),
    set(key, value) {
      const at = leafFor(key)
      const leaf = leaves[at] as Leaf<V>
      const position = lowerBound(leaf.keys, key)
      if (index.has(key)) {
        leaf.values[position] = value
      } else {
        leaf.keys.splice(position, 0, key)
        leaf.values.splice(position, 0, value)
        changes++
        if (leaf.keys.length > LEAF) {
          // Keys that arrive in order fill their leaves: split at the end then, in the middle otherwise.
          const cut = position === leaf.keys.length - 1 ? LEAF : LEAF >>> 1
          leaves.splice(at + 1, 0, { keys: leaf.keys.splice(cut), values: leaf.values.splice(cut) })
        }
      }
      index.set(key, value)
    },
    delete(key) {
      if (!index.delete(key)) return false
      const at = leafFor(key)
      const leaf = leaves[at] as Leaf<V>
      const position = lowerBound(leaf.keys, key)
      leaf.keys.splice(position, 1)
      leaf.values.splice(position, 1)
      if (leaf.keys.length === 0 && leaves.length > 1) leaves.splice(at, 1)
      changes++
      return true
    },
    cursor(from) {
      let seen = -1
      let at = 0
      let position = 0
      let bound = from
      let after = false
      const locate = (): void => {
        at = leafFor(bound)
        const keys = (leaves[at] as Leaf<V>).keys
        position = lowerBound(keys, bound)
        if (after && keys[position] === bound) position++
        seen = changes
      }
      return {
        next() {
          if (seen !== changes) locate()
          let leaf = leaves[at]
          while (leaf !== undefined && position >= leaf.keys.length) {
            leaf = leaves[++at]
            position = 0
          }
          if (leaf === undefined) {
            // Stay findable: a key may yet be added behind the last one.
            seen = -1
            return undefined
          }
          const key = leaf.keys[position] as string
          const value = leaf.values[position++] as V
          bound = key
          after = true
          return [key, value]
        },
        seek(key) {
          if (compareKeys(key, bound) <= 0) return
          bound = key
          after = false
          seen = -1
        },
      }
    },
  }
}
