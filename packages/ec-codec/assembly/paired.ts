// Passes over pairs of inputs (x, y) for pairs of outputs (a, b) whose coefficients form squares
//
//   a += c*x + d*y    =    c*(x + y) + (c + d)*y
//   b += d*x + c*y    =    c*(x + y) + (c + d)*x
//
// so that three multiplications do instead of four. Encoding has such squares wherever k is even, as the coefficients
// of the points 2i and 2i + 1 depend on differences of points alone.
import { highNibbles, lowNibbles, product } from './vector'

/** Where the tables of c + d start, from where those of c and of d do. */
function sumTables(tables: usize, ofC: usize, ofD: usize): usize {
  return tables + ((ofC - tables) ^ (ofD - tables))
}

/** Two outputs, 32 bytes a turn. */
export function paired2(
  inputs: usize,
  end: usize,
  outputs: usize,
  matrix: usize,
  row: usize,
  tables: usize,
  at: usize,
  to: usize,
): usize {
  for (; at + 32 <= to; at += 32) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 8) {
      const source = <usize>load<u32>(input) + at
      const next = <usize>load<u32>(input, 4) + at
      const a = <usize>load<u32>(cell)
      const b = sumTables(tables, a, <usize>load<u32>(cell, 4))
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      let y = v128.load(next)
      let lowY = lowNibbles(y)
      let highY = highNibbles(y)
      let lowBoth = v128.xor(low, lowY)
      let highBoth = v128.xor(high, highY)
      let both = product(a, lowBoth, highBoth)
      a0 = v128.xor(v128.xor(a0, both), product(b, lowY, highY))
      b0 = v128.xor(v128.xor(b0, both), product(b, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      y = v128.load(next, 16)
      lowY = lowNibbles(y)
      highY = highNibbles(y)
      lowBoth = v128.xor(low, lowY)
      highBoth = v128.xor(high, highY)
      both = product(a, lowBoth, highBoth)
      a1 = v128.xor(v128.xor(a1, both), product(b, lowY, highY))
      b1 = v128.xor(v128.xor(b1, both), product(b, low, high))
      cell += row << 1
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

/** Four outputs, 64 bytes a turn. */
export function paired4(
  inputs: usize,
  end: usize,
  outputs: usize,
  matrix: usize,
  row: usize,
  tables: usize,
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
    for (let input = inputs; input < end; input += 8) {
      const source = <usize>load<u32>(input) + at
      const next = <usize>load<u32>(input, 4) + at
      const a = <usize>load<u32>(cell)
      const b = sumTables(tables, a, <usize>load<u32>(cell, 4))
      const c = <usize>load<u32>(cell, 8)
      const d = sumTables(tables, c, <usize>load<u32>(cell, 12))
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      let y = v128.load(next)
      let lowY = lowNibbles(y)
      let highY = highNibbles(y)
      let lowBoth = v128.xor(low, lowY)
      let highBoth = v128.xor(high, highY)
      let both = product(a, lowBoth, highBoth)
      a0 = v128.xor(v128.xor(a0, both), product(b, lowY, highY))
      b0 = v128.xor(v128.xor(b0, both), product(b, low, high))
      both = product(c, lowBoth, highBoth)
      c0 = v128.xor(v128.xor(c0, both), product(d, lowY, highY))
      d0 = v128.xor(v128.xor(d0, both), product(d, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      y = v128.load(next, 16)
      lowY = lowNibbles(y)
      highY = highNibbles(y)
      lowBoth = v128.xor(low, lowY)
      highBoth = v128.xor(high, highY)
      both = product(a, lowBoth, highBoth)
      a1 = v128.xor(v128.xor(a1, both), product(b, lowY, highY))
      b1 = v128.xor(v128.xor(b1, both), product(b, low, high))
      both = product(c, lowBoth, highBoth)
      c1 = v128.xor(v128.xor(c1, both), product(d, lowY, highY))
      d1 = v128.xor(v128.xor(d1, both), product(d, low, high))
      x = v128.load(source, 32)
      low = lowNibbles(x)
      high = highNibbles(x)
      y = v128.load(next, 32)
      lowY = lowNibbles(y)
      highY = highNibbles(y)
      lowBoth = v128.xor(low, lowY)
      highBoth = v128.xor(high, highY)
      both = product(a, lowBoth, highBoth)
      a2 = v128.xor(v128.xor(a2, both), product(b, lowY, highY))
      b2 = v128.xor(v128.xor(b2, both), product(b, low, high))
      both = product(c, lowBoth, highBoth)
      c2 = v128.xor(v128.xor(c2, both), product(d, lowY, highY))
      d2 = v128.xor(v128.xor(d2, both), product(d, low, high))
      x = v128.load(source, 48)
      low = lowNibbles(x)
      high = highNibbles(x)
      y = v128.load(next, 48)
      lowY = lowNibbles(y)
      highY = highNibbles(y)
      lowBoth = v128.xor(low, lowY)
      highBoth = v128.xor(high, highY)
      both = product(a, lowBoth, highBoth)
      a3 = v128.xor(v128.xor(a3, both), product(b, lowY, highY))
      b3 = v128.xor(v128.xor(b3, both), product(b, low, high))
      both = product(c, lowBoth, highBoth)
      c3 = v128.xor(v128.xor(c3, both), product(d, lowY, highY))
      d3 = v128.xor(v128.xor(d3, both), product(d, low, high))
      cell += row << 1
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
