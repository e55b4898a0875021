// Reed-Solomon's inner loop: out[p] = sum over j of coefficient[j][p] * in[j], over GF(2^8) with polynomial 0x11D.
//
// Every array lives in memory that the caller lends: nothing here has static data or state, because many workers
// instantiate this module on one shared memory.
//
// A multiplication by a constant c is linear over GF(2), so c*x = low[x & 15] ^ high[x >> 4]: two 16-byte tables, which
// one swizzle each looks up for 16 bytes at once. The 32 bytes of tables for c start at `tableOf(c)`.
//
//   inputs   u32[k]     where each input starts
//   outputs  u32[m]     where each output starts
//   matrix   u32[k][m]  where the tables of each coefficient start, input by input

/** Bytes of all inputs together that a pass keeps near: half of a small L2 cache. */
const CACHED: u32 = 131072
const SMALLEST_BLOCK: u32 = 1024

// @ts-ignore: decorator
@inline
function product(tables: usize, low: v128, high: v128): v128 {
  return v128.xor(
    i8x16.swizzle(v128.load(tables), low),
    i8x16.swizzle(v128.load(tables, 16), high),
  )
}

// @ts-ignore: decorator
@inline
function lowNibbles(x: v128): v128 {
  return v128.and(x, i8x16.splat(15))
}

// @ts-ignore: decorator
@inline
function highNibbles(x: v128): v128 {
  return i8x16.shr_u(x, 4)
}

/** One output, 64 bytes a turn. Gives the position it came to. */
function pass1(inputs: usize, end: usize, outputs: usize, matrix: usize, row: usize, at: usize, to: usize): usize {
  const out = <usize>load<u32>(outputs)
  for (; at + 64 <= to; at += 64) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let a2 = i64x2.splat(0)
    let a3 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const tables = <usize>load<u32>(cell)
      const low = v128.load(tables)
      const high = v128.load(tables, 16)
      let x = v128.load(source)
      a0 = v128.xor(a0, v128.xor(i8x16.swizzle(low, lowNibbles(x)), i8x16.swizzle(high, highNibbles(x))))
      x = v128.load(source, 16)
      a1 = v128.xor(a1, v128.xor(i8x16.swizzle(low, lowNibbles(x)), i8x16.swizzle(high, highNibbles(x))))
      x = v128.load(source, 32)
      a2 = v128.xor(a2, v128.xor(i8x16.swizzle(low, lowNibbles(x)), i8x16.swizzle(high, highNibbles(x))))
      x = v128.load(source, 48)
      a3 = v128.xor(a3, v128.xor(i8x16.swizzle(low, lowNibbles(x)), i8x16.swizzle(high, highNibbles(x))))
      cell += row
    }
    v128.store(out + at, a0)
    v128.store(out + at, a1, 16)
    v128.store(out + at, a2, 32)
    v128.store(out + at, a3, 48)
  }
  return at
}

/** Two outputs, 64 bytes a turn. */
function pass2(inputs: usize, end: usize, outputs: usize, matrix: usize, row: usize, at: usize, to: usize): usize {
  for (; at + 64 <= to; at += 64) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let a2 = i64x2.splat(0)
    let a3 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let b2 = i64x2.splat(0)
    let b3 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const forA = <usize>load<u32>(cell)
      const forB = <usize>load<u32>(cell, 4)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(forA, low, high))
      b0 = v128.xor(b0, product(forB, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(forA, low, high))
      b1 = v128.xor(b1, product(forB, low, high))
      x = v128.load(source, 32)
      low = lowNibbles(x)
      high = highNibbles(x)
      a2 = v128.xor(a2, product(forA, low, high))
      b2 = v128.xor(b2, product(forB, low, high))
      x = v128.load(source, 48)
      low = lowNibbles(x)
      high = highNibbles(x)
      a3 = v128.xor(a3, product(forA, low, high))
      b3 = v128.xor(b3, product(forB, low, high))
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
  }
  return at
}

/** Three outputs, 32 bytes a turn. */
function pass3(inputs: usize, end: usize, outputs: usize, matrix: usize, row: usize, at: usize, to: usize): usize {
  for (; at + 32 <= to; at += 32) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let c0 = i64x2.splat(0)
    let c1 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const forA = <usize>load<u32>(cell)
      const forB = <usize>load<u32>(cell, 4)
      const forC = <usize>load<u32>(cell, 8)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(forA, low, high))
      b0 = v128.xor(b0, product(forB, low, high))
      c0 = v128.xor(c0, product(forC, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(forA, low, high))
      b1 = v128.xor(b1, product(forB, low, high))
      c1 = v128.xor(c1, product(forC, low, high))
      cell += row
    }
    let out = <usize>load<u32>(outputs) + at
    v128.store(out, a0)
    v128.store(out, a1, 16)
    out = <usize>load<u32>(outputs, 4) + at
    v128.store(out, b0)
    v128.store(out, b1, 16)
    out = <usize>load<u32>(outputs, 8) + at
    v128.store(out, c0)
    v128.store(out, c1, 16)
  }
  return at
}

/** Four outputs, 32 bytes a turn. */
function pass4(inputs: usize, end: usize, outputs: usize, matrix: usize, row: usize, at: usize, to: usize): usize {
  for (; at + 32 <= to; at += 32) {
    let a0 = i64x2.splat(0)
    let a1 = i64x2.splat(0)
    let b0 = i64x2.splat(0)
    let b1 = i64x2.splat(0)
    let c0 = i64x2.splat(0)
    let c1 = i64x2.splat(0)
    let d0 = i64x2.splat(0)
    let d1 = i64x2.splat(0)
    let cell = matrix
    for (let input = inputs; input < end; input += 4) {
      const source = <usize>load<u32>(input) + at
      const forA = <usize>load<u32>(cell)
      const forB = <usize>load<u32>(cell, 4)
      const forC = <usize>load<u32>(cell, 8)
      const forD = <usize>load<u32>(cell, 12)
      let x = v128.load(source)
      let low = lowNibbles(x)
      let high = highNibbles(x)
      a0 = v128.xor(a0, product(forA, low, high))
      b0 = v128.xor(b0, product(forB, low, high))
      c0 = v128.xor(c0, product(forC, low, high))
      d0 = v128.xor(d0, product(forD, low, high))
      x = v128.load(source, 16)
      low = lowNibbles(x)
      high = highNibbles(x)
      a1 = v128.xor(a1, product(forA, low, high))
      b1 = v128.xor(b1, product(forB, low, high))
      c1 = v128.xor(c1, product(forC, low, high))
      d1 = v128.xor(d1, product(forD, low, high))
      cell += row
    }
    let out = <usize>load<u32>(outputs) + at
    v128.store(out, a0)
    v128.store(out, a1, 16)
    out = <usize>load<u32>(outputs, 4) + at
    v128.store(out, b0)
    v128.store(out, b1, 16)
    out = <usize>load<u32>(outputs, 8) + at
    v128.store(out, c0)
    v128.store(out, c1, 16)
    out = <usize>load<u32>(outputs, 12) + at
    v128.store(out, d0)
    v128.store(out, d1, 16)
  }
  return at
}

/** 16 bytes of one output. */
function vector(inputs: usize, end: usize, out: usize, matrix: usize, row: usize, at: usize): void {
  let sum = i64x2.splat(0)
  for (let input = inputs; input < end; input += 4) {
    const x = v128.load(<usize>load<u32>(input) + at)
    sum = v128.xor(sum, product(<usize>load<u32>(matrix), lowNibbles(x), highNibbles(x)))
    matrix += row
  }
  v128.store(out + at, sum)
}

/** One byte of one output. */
function single(inputs: usize, end: usize, out: usize, matrix: usize, row: usize, at: usize): void {
  let sum: u32 = 0
  for (let input = inputs; input < end; input += 4) {
    const x = <usize>load<u8>(<usize>load<u32>(input) + at)
    const tables = <usize>load<u32>(matrix)
    sum ^= <u32>load<u8>(tables + (x & 15)) ^ <u32>load<u8>(tables + (x >> 4), 16)
    matrix += row
  }
  store<u8>(out + at, sum)
}

/** What a pass left over. The last vector may overlap bytes done before: it gives them the same values again. */
function rest(inputs: usize, end: usize, out: usize, matrix: usize, row: usize, at: usize, from: usize, to: usize): void {
  for (; at + 16 <= to; at += 16) vector(inputs, end, out, matrix, row, at)
  if (at === to) return
  if (to - from >= 16) vector(inputs, end, out, matrix, row, to - 16)
  else for (; at < to; at++) single(inputs, end, out, matrix, row, at)
}

/** Computes bytes `from` to `to` of `m` outputs from `k` inputs. */
function span(k: u32, m: u32, inputs: usize, outputs: usize, matrix: usize, from: usize, to: usize): void {
  const end = inputs + (<usize>k << 2)
  const row = <usize>m << 2
  for (let done: u32 = 0; done < m; ) {
    const left = m - done
    const count: u32 = left >= 4 ? 4 : left
    const outs = outputs + (<usize>done << 2)
    const cells = matrix + (<usize>done << 2)
    const at =
      count === 4
        ? pass4(inputs, end, outs, cells, row, from, to)
        : count === 3
          ? pass3(inputs, end, outs, cells, row, from, to)
          : count === 2
            ? pass2(inputs, end, outs, cells, row, from, to)
            : pass1(inputs, end, outs, cells, row, from, to)
    if (at < to) {
      for (let p: u32 = 0; p < count; p++) {
        const offset = <usize>p << 2
        rest(inputs, end, <usize>load<u32>(outs + offset), cells + offset, row, at, from, to)
      }
    }
    done += count
  }
}

/** Computes `m` outputs of `length` bytes from `k` inputs. They are written, not added to, and may not overlap inputs. */
export function code(k: u32, m: u32, inputs: usize, outputs: usize, matrix: usize, length: usize): void {
  // Up to four outputs leave in one pass, which reads each input once; more of them find the block still in the cache.
  const block = m <= 4 ? length : <usize>(max(SMALLEST_BLOCK, CACHED / k) & ~63)
  for (let from: usize = 0; from < length; from += block) {
    span(k, m, inputs, outputs, matrix, from, length - from < block ? length : from + block)
  }
}

/**
 * Whether the outputs are what `code` would write. Recomputes them block by block in `buffer`; `spare` has room for m
 * pointers.
 */
export function check(
  k: u32,
  m: u32,
  inputs: usize,
  outputs: usize,
  matrix: usize,
  length: usize,
  spare: usize,
  buffer: usize,
  bufferLength: usize,
): bool {
  const block = (bufferLength / m) & ~63
  for (let from: usize = 0; from < length; from += block) {
    const to = length - from < block ? length : from + block
    // Addresses count modulo 2^32, so that a pointer may lie `from` bytes before the place meant for byte `from`.
    for (let p: u32 = 0; p < m; p++) store<u32>(spare + (<usize>p << 2), buffer + p * block - from)
    span(k, m, inputs, spare, matrix, from, to)
    for (let p: u32 = 0; p < m; p++) {
      const output = <usize>load<u32>(outputs + (<usize>p << 2)) + from
      if (!same(output, buffer + p * block, to - from)) return false
    }
  }
  return true
}

/** Whether `length` bytes at `a` and at `b` are the same. */
function same(a: usize, b: usize, length: usize): bool {
  let at: usize = 0
  for (; at + 16 <= length; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false
  }
  for (; at < length; at++) {
    if (load<u8>(a + at) !== load<u8>(b + at)) return false
  }
  return true
}
