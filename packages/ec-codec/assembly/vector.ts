/** c * x for 16 bytes x, split into nibbles; the two tables of c start at `tables`. */
export function product(tables: usize, low: v128, high: v128): v128 {
  return v128.xor(i8x16.swizzle(v128.load(tables), low), i8x16.swizzle(v128.load(tables, 16), high))
}

export function lowNibbles(x: v128): v128 {
  return v128.and(x, i8x16.splat(15))
}

/** By 16-bit shifts: V8 makes the mask of a byte shift anew at each one. */
export function highNibbles(x: v128): v128 {
  return v128.and(i16x8.shr_u(x, 4), i8x16.splat(15))
}
