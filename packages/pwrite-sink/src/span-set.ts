import type { ByteRange } from '@millrace/range-planner'

/** @internal Spans without overlap, merged where they touch. Appending in order costs nothing; elsewhere a binary search. */
export interface SpanSet {
  readonly ranges: readonly ByteRange[]
  /** The first byte after all spans. */
  readonly end: number
  /** Adds a span, or gives what it overlaps and changes nothing. */
  add(start: number, end: number): readonly ByteRange[]
}

/** @internal */
export function createSpanSet(): SpanSet {
  const starts: number[] = []
  const ends: number[] = []
  /** The first span that ends at or after a position. */
  const find = (position: number): number => {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ends[middle] as number) < position) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    get ranges() {
      return starts.map((start, index) => ({ start, end: ends[index] as number }))
    },
    get end() {
      return ends.at(-1) ?? 0
    },
    add(start, end) {
      if (start >= end) return []
      const first = find(start)
      const overlaps: ByteRange[] = []
      for (let i = first; i < starts.length && (starts[i] as number) < end; i++) {
        const from = Math.max(start, starts[i] as number)
        const to = Math.min(end, ends[i] as number)
        if (from < to) overlaps.push({ start: from, end: to })
      }
      if (overlaps.length > 0) return overlaps
      const touchesLeft = ends[first] === start
      const next = touchesLeft ? first + 1 : first
      const touchesRight = starts[next] === end
      if (touchesLeft && touchesRight) {
        ends[first] = ends[next] as number
        starts.splice(next, 1)
        ends.splice(next, 1)
      } else if (touchesLeft) ends[first] = end
      else if (touchesRight) starts[next] = start
      else {
        starts.splice(next, 0, start)
        ends.splice(next, 0, end)
      }
      return []
    },
  }
}
