// Reed-Solomon's inner loop: out[p] = sum over j of matrix[j][p] * in[j], over GF(2^8) with polynomial 0x11D.
//
// Every array lives in memory that the caller lends: nothing here has static data or state, because many workers
// instantiate this module on one shared memory.
//
// A multiplication by a constant c is linear over GF(2), so c*x = low[x & 15] + high[x >> 4]: two 16-byte tables, which
// one swizzle each looks up for 16 bytes at once. The tables of all constants lie one after another, 32 bytes each.
//
//   tables   u8[256][32]
//   inputs   u32[k]     where each input starts
//   outputs  u32[m]     where each output starts
//   matrix   u32[k][m]  where the tables of each coefficient start, input by input
//   paired   whether k is even and matrix[j][p] = matrix[j+1][p+1], matrix[j][p+1] = matrix[j+1][p] for all even j and p
import { paired2, paired4 } from './paired'
import { plain1, plain2, plain3, plain4 } from './plain'
import { highNibbles, lowNibbles, product } from './vector'

/** Bytes of all inputs together that a pass keeps near: a quarter to a half of a small L2 cache. */
const CACHED: u32 = 131072
const SMALLEST_BLOCK: u32 = 1024

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
function rest(
  inputs: usize,
  end: usize,
  out: usize,
  matrix: usize,
  row: usize,
  at: usize,
  from: usize,
  to: usize,
): void {
  for (; at + 16 <= to; at += 16) vector(inputs, end, out, matrix, row, at)
  if (at === to) return
  if (to - from >= 16) vector(inputs, end, out, matrix, row, to - 16)
  else for (; at < to; at++) single(inputs, end, out, matrix, row, at)
}

/** Computes bytes `from` to `to` of `m` outputs from `k` inputs. */
function span(
  k: u32,
  m: u32,
  inputs: usize,
  outputs: usize,
  matrix: usize,
  tables: usize,
  paired: bool,
  from: usize,
  to: usize,
): void {
  const end = inputs + ((<usize>k) << 2)
  const row = (<usize>m) << 2
  while (m > 0) {
    let at: usize
    let count: u32
    if (m >= 4) {
      count = 4
      at = paired
        ? paired4(inputs, end, outputs, matrix, row, tables, from, to)
        : plain4(inputs, end, outputs, matrix, row, from, to)
    } else if (m === 3 && !paired) {
      count = 3
      at = plain3(inputs, end, outputs, matrix, row, from, to)
    } else if (m >= 2) {
      count = 2
      at = paired
        ? paired2(inputs, end, outputs, matrix, row, tables, from, to)
        : plain2(inputs, end, outputs, matrix, row, from, to)
    } else {
      count = 1
      at = plain1(inputs, end, outputs, matrix, row, from, to)
    }
    m -= count
    for (; count > 0; count--) {
      if (at < to) rest(inputs, end, <usize>load<u32>(outputs), matrix, row, at, from, to)
      outputs += 4
      matrix += 4
    }
  }
}

/** Computes `m` outputs of `length` bytes from `k` inputs. They are written, not added to, and may not overlap inputs. */
export function code(
  k: u32,
  m: u32,
  inputs: usize,
  outputs: usize,
  matrix: usize,
  tables: usize,
  paired: bool,
  length: usize,
): void {
  // Up to four outputs leave in one pass, which reads each input once; more of them find the block still in the cache.
  const block = m <= 4 ? length : <usize>(max(SMALLEST_BLOCK, CACHED / k) & ~63)
  for (let from: usize = 0; from < length; from += block) {
    span(
      k,
      m,
      inputs,
      outputs,
      matrix,
      tables,
      paired,
      from,
      length - from < block ? length : from + block,
    )
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
  tables: usize,
  paired: bool,
  length: usize,
  spare: usize,
  buffer: usize,
  bufferLength: usize,
): bool {
  const block = (bufferLength / <usize>m) & ~63
  for (let from: usize = 0; from < length; from += block) {
    const to = length - from < block ? length : from + block
    // Addresses count modulo 2^32, so that a pointer may lie `from` bytes before the place meant for byte `from`.
    for (let p: usize = 0; p < <usize>m; p++) {
      store<u32>(spare + (p << 2), <u32>(buffer + p * block - from))
    }
    span(k, m, inputs, spare, matrix, tables, paired, from, to)
    for (let p: usize = 0; p < <usize>m; p++) {
      const output = <usize>load<u32>(outputs + (p << 2)) + from
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
