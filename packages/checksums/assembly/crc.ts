/* oxlint-disable */
// Source of the CRC kernel (AssemblyScript); build-kernel.mjs compiles it into src/crc-kernel-bytes.ts.
// The words "inline:" before a function stand for a decorator that formatters of TypeScript do not know.
//
// One 64-bit kernel serves every reflected CRC of up to 64 bits: the state of a narrower CRC is the low part of the word.
// An instance serves one polynomial, so that its tables lie at constant addresses.
// The main loop is Mark Adler's braid (zlib, crc32.c): BRAIDS independent CRCs, each over every BRAIDS-th word, so that the
// table loads of one do not wait for those of another. They are folded into one at the end.

// The polynomial (reflected), its top bit, a table by byte, eight tables for the braid.
const POLY: usize = 0
const TOP: usize = 8
const BYTE_TABLE: usize = 64
const BRAID_TABLE: usize = BYTE_TABLE + 256 * 8
// A fixed place that src/crc-kernel.ts knows too; the input lies behind it, where that says.
const STATE: usize = 32768
const WORD: i32 = 8
const BRAIDS: i32 = 5

/** The state after one more byte, which has been added to the state's low byte already. */
function step(state: u64): u64 {
  return load<u64>((<usize>(state & 0xff)) << 3, BYTE_TABLE) ^ (state >> 8)
}

/** Fills the tables. `top` is 1 << (width - 1). */
export function prepare(poly: u64, top: u64): void {
  store<u64>(POLY, poly)
  store<u64>(TOP, top)
  for (let i: usize = 0; i < 256; i++) {
    let state: u64 = <u64>i
    for (let bit = 0; bit < 8; bit++) state = state & 1 ? (state >> 1) ^ poly : state >> 1
    store<u64>(i << 3, state, BYTE_TABLE)
  }
  for (let i: usize = 0; i < 256; i++) {
    let state = load<u64>(i << 3, BYTE_TABLE)
    for (let n = 1; n < WORD * BRAIDS; n++) {
      const k = WORD * BRAIDS - n
      if (k < WORD) store<u64>(((<usize>k) << 11) + (i << 3), state, BRAID_TABLE)
      state = step(state)
    }
    store<u64>(i << 3, state, BRAID_TABLE)
  }
}

/** Moves a word of the braid to its next place, BRAIDS words on. 0x7f8 is a byte times the eight bytes of an entry. */
// inline:
function braid(w: u64): u64 {
  return (
    load<u64>(<usize>(w << 3) & 0x7f8, BRAID_TABLE) ^
    load<u64>(<usize>(w >> 5) & 0x7f8, BRAID_TABLE + 2048) ^
    load<u64>(<usize>(w >> 13) & 0x7f8, BRAID_TABLE + 2048 * 2) ^
    load<u64>(<usize>(w >> 21) & 0x7f8, BRAID_TABLE + 2048 * 3) ^
    load<u64>(<usize>(w >> 29) & 0x7f8, BRAID_TABLE + 2048 * 4) ^
    load<u64>(<usize>(w >> 37) & 0x7f8, BRAID_TABLE + 2048 * 5) ^
    load<u64>(<usize>(w >> 45) & 0x7f8, BRAID_TABLE + 2048 * 6) ^
    load<u64>(<usize>(w >> 53) & 0x7f8, BRAID_TABLE + 2048 * 7)
  )
}

/** Moves a word by its own length only. */
function word(w: u64): u64 {
  for (let i = 0; i < WORD; i++) w = step(w)
  return w
}

/** Runs `length` bytes at `input` through the state at STATE. */
export function update(input: usize, length: i32): void {
  let state = load<u64>(STATE)
  let at = input
  const end = input + <usize>length
  if (length >= WORD * BRAIDS * 2) {
    let c0 = state
    let c1: u64 = 0
    let c2: u64 = 0
    let c3: u64 = 0
    let c4: u64 = 0
    const last = end - WORD * BRAIDS * 2
    while (at <= last) {
      c0 = braid(c0 ^ load<u64>(at))
      c1 = braid(c1 ^ load<u64>(at, 8))
      c2 = braid(c2 ^ load<u64>(at, 16))
      c3 = braid(c3 ^ load<u64>(at, 24))
      c4 = braid(c4 ^ load<u64>(at, 32))
      at += WORD * BRAIDS
    }
    state = word(c0 ^ load<u64>(at))
    state = word(state ^ c1 ^ load<u64>(at, 8))
    state = word(state ^ c2 ^ load<u64>(at, 16))
    state = word(state ^ c3 ^ load<u64>(at, 24))
    state = word(state ^ c4 ^ load<u64>(at, 32))
    at += WORD * BRAIDS
  }
  while (at < end) {
    state = step(state ^ <u64>load<u8>(at))
    at++
  }
  store<u64>(STATE, state)
}

/** a times b modulo the polynomial, both reflected. */
function multiply(a: u64, b: u64, poly: u64, top: u64): u64 {
  let product: u64 = 0
  for (let bit = top; a != 0; bit >>= 1) {
    if (a & bit) {
      product ^= b
      a ^= bit
    }
    b = b & 1 ? (b >> 1) ^ poly : b >> 1
  }
  return product
}

/** Appends `bytes` zero bytes to the state at STATE: multiplies it by x^(8 * bytes). */
export function advance(bytes: f64): void {
  const poly = load<u64>(POLY)
  const top = load<u64>(TOP)
  let state = load<u64>(STATE)
  let power = top >> 8
  for (let rest = <u64>bytes; rest != 0; rest >>= 1) {
    if (rest & 1) state = multiply(power, state, poly, top)
    power = multiply(power, power, poly, top)
  }
  store<u64>(STATE, state)
}
