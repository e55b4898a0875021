/** A half-open range of bytes: `start` is in it, `end` is not. Inclusive ends appear only in HTTP text. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * A range before the size is known (RFC 9110 §14.1.1): from `start` up to `end` (half-open; to the object's end when left out),
 * or the last `suffix` bytes.
 */
export type RangeSpec =
  | { readonly start: number; readonly end?: number }
  | { readonly suffix: number }
