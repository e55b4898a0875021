// Passes over the inputs for one to four outputs, whatever the coefficients. Each gives the position it came to; the
// bytes from there to the end are fewer than a turn. The bytes of a turn were measured: what counts is how often tables
// are loaded, how many sums fit in 16 registers, and that a cache line is used up at once where shards lie a multiple
// of 4 KiB apart and evict each other.
import { highNibbles, lowNibbles, product } from './vector'

/** One output, 64 bytes a turn. */
export function plain1(
  inputs: usize,
  end: usize,
  outputs: usize,
  matrix: usize,
  row: usize,
  at: usize,
  to: usize,
): usize {
  for (; at + 64 <= to; at += 64) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let a2 = i64x2.splat(0)
    let a3 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const a = <usize>load<u32>(cell)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(a, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(a, low, high))
      x = v128.load(source, 32)
      low = lowNibbles(x)
      high = highNibbles(x)
      a2 = v128.xor(a2, product(a, low, high))
      x = v128.load(source, 48)
      low = lowNibbles(x)
      high = highNibbles(x)
      a3 = v128.xor(a3, product(a, low, high))
      cell += row
    }
    let out = <usize>load<u32>(outputs) + at
    v128.store(out, a0)
    v128.store(out, a1, 16)
    v128.store(out, a2, 32)
    v128.store(out, a3, 48)
  }
  return at
}

/** Two outputs, 32 bytes a turn. */
export function plain2(
  inputs: usize,
  end: usize,
  outputs: usize,
  matrix: usize,
  row: usize,
  at: usize,
  to: usize,
): usize {
  for (; at + 32 <= to; at += 32) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const a = <usize>load<u32>(cell)
      const b = <usize>load<u32>(cell, 4)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(a, low, high))
      b0 = v128.xor(b0, product(b, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(a, low, high))
      b1 = v128.xor(b1, product(b, low, high))
      cell += row
    }
    let out = <usize>load<u32>(outputs) + at
    v128.store(out, a0)
    v128.store(out, a1, 16)
    out = <usize>load<u32>(outputs, 4) + at
    v128.store(out, b0)
    v128.store(out, b1, 16)
  }
  return at
}

/** Three outputs, 64 bytes a turn. */
export function plain3(
  inputs: usize,
  end: usize,
  outputs: usize,
  matrix: usize,
  row: usize,
  at: usize,
  to: usize,
): usize {
  for (; at + 64 <= to; at += 64) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let a2 = i64x2.splat(0)
    let a3 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let b2 = i64x2.splat(0)
    let b3 = i64x2.splat(0)
    let c0 = i64x2.splat(0)
    let c1 = i64x2.splat(0)
    let c2 = i64x2.splat(0)
    let c3 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const a = <usize>load<u32>(cell)
      const b = <usize>load<u32>(cell, 4)
      const c = <usize>load<u32>(cell, 8)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(a, low, high))
      b0 = v128.xor(b0, product(b, low, high))
      c0 = v128.xor(c0, product(c, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(a, low, high))
      b1 = v128.xor(b1, product(b, low, high))
      c1 = v128.xor(c1, product(c, low, high))
      x = v128.load(source, 32)
      low = lowNibbles(x)
      high = highNibbles(x)
      a2 = v128.xor(a2, product(a, low, high))
      b2 = v128.xor(b2, product(b, low, high))
      c2 = v128.xor(c2, product(c, low, high))
      x = v128.load(source, 48)
      low = lowNibbles(x)
      high = highNibbles(x)
      a3 = v128.xor(a3, product(a, low, high))
      b3 = v128.xor(b3, product(b, low, high))
      c3 = v128.xor(c3, product(c, low, high))
      cell += row
    }
    let out = <usize>load<u32>(outputs) + at
    v128.store(out, a0)
    v128.store(out, a1, 16)
    v128.store(out, a2, 32)
    v128.store(out, a3, 48)
    out = <usize>load<u32>(outputs, 4) + at
    v128.store(out, b0)
    v128.store(out, b1, 16)
    v128.store(out, b2, 32)
    v128.store(out, b3, 48)
    out = <usize>load<u32>(outputs, 8) + at
    v128.store(out, c0)
    v128.store(out, c1, 16)
    v128.store(out, c2, 32)
    v128.store(out, c3, 48)
  }
  return at
}

/** Four outputs, 64 bytes a turn. */
export function plain4(
  inputs: usize,
  end: usize,
  outputs: usize,
  matrix: usize,
  row: usize,
  at: usize,
  to: usize,
): usize {
  for (; at + 64 <= to; at += 64) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let a2 = i64x2.splat(0)
    let a3 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let b2 = i64x2.splat(0)
    let b3 = i64x2.splat(0)
    let c0 = i64x2.splat(0)
    let c1 = i64x2.splat(0)
    let c2 = i64x2.splat(0)
    let c3 = i64x2.splat(0)
    let d0 = i64x2.splat(0)
    let d1 = i64x2.splat(0)
    let d2 = i64x2.splat(0)
    let d3 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const a = <usize>load<u32>(cell)
      const b = <usize>load<u32>(cell, 4)
      const c = <usize>load<u32>(cell, 8)
      const d = <usize>load<u32>(cell, 12)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(a, low, high))
      b0 = v128.xor(b0, product(b, low, high))
      c0 = v128.xor(c0, product(c, low, high))
      d0 = v128.xor(d0, product(d, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(a, low, high))
      b1 = v128.xor(b1, product(b, low, high))
      c1 = v128.xor(c1, product(c, low, high))
      d1 = v128.xor(d1, product(d, low, high))
      x = v128.load(source, 32)
      low = lowNibbles(x)
      high = highNibbles(x)
      a2 = v128.xor(a2, product(a, low, high))
      b2 = v128.xor(b2, product(b, low, high))
      c2 = v128.xor(c2, product(c, low, high))
      d2 = v128.xor(d2, product(d, low, high))
      x = v128.load(source, 48)
      low = lowNibbles(x)
      high = highNibbles(x)
      a3 = v128.xor(a3, product(a, low, high))
      b3 = v128.xor(b3, product(b, low, high))
      c3 = v128.xor(c3, product(c, low, high))
      d3 = v128.xor(d3, product(d, low, high))
      cell += row
    }
    let out = <usize>load<u32>(outputs) + at
    v128.store(out, a0)
    v128.store(out, a1, 16)
    v128.store(out, a2, 32)
    v128.store(out, a3, 48)
    out = <usize>load<u32>(outputs, 4) + at
    v128.store(out, b0)
    v128.store(out, b1, 16)
    v128.store(out, b2, 32)
    v128.store(out, b3, 48)
    out = <usize>load<u32>(outputs, 8) + at
    v128.store(out, c0)
    v128.store(out, c1, 16)
    v128.store(out, c2, 32)
    v128.store(out, c3, 48)
    out = <usize>load<u32>(outputs, 12) + at
    v128.store(out, d0)
    v128.store(out, d1, 16)
    v128.store(out, d2, 32)
    v128.store(out, d3, 48)
  }
  return at
}
