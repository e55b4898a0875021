import * as fc from 'fast-check'
import type { ByteRange } from '@millrace/range-planner'

export const SIZE = 60

/** A range within a small space, so that a bitmap can be the oracle. */
export const range: fc.Arbitrary<ByteRange> = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE))
  .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))

export const ranges: fc.Arbitrary<ByteRange[]> = fc.array(range, { maxLength: 8 })

/** How often each byte is covered. */
export function counts(list: readonly ByteRange[]): number[] {
  const bytes = Array.from({ length: SIZE + 1 }, () => 0)
  for (const { start, end } of list)
    for (let i = start; i < end; i++) bytes[i] = (bytes[i] ?? 0) + 1
  return bytes
}

/** The bytes that fulfil a condition, as merged ranges. */
export function where(test: (byte: number) => boolean): ByteRange[] {
  const list: ByteRange[] = []
  for (let i = 0; i <= SIZE; i++) {
    if (!test(i)) continue
    const last = list.at(-1)
    if (last?.end === i) list[list.length - 1] = { start: last.start, end: i + 1 }
    else list.push({ start: i, end: i + 1 })
  }
  return list
}
