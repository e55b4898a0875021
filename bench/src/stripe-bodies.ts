import { DEFAULT_UNIT, type Scheme } from '@millrace/ec-codec'

/** The scheme of the benches of whole streams. */
export const SCHEME: Scheme = { k: 4, m: 2 }
export const UNIT: number = DEFAULT_UNIT
export const COUNT: number = SCHEME.k + SCHEME.m
export const STRIPE_DATA: number = SCHEME.k * UNIT
/** Bytes of a source's chunk, as a socket gives them. */
export const CHUNK = 65_536

/** Different stripes in memory; a longer body repeats them. More than the processor's caches hold. */
export const DISTINCT = 64

/** Bytes that differ from stripe to stripe, in chunks that are made once. */
export function makeChunks(): readonly Uint8Array[] {
  const bytes = new Uint8Array(DISTINCT * STRIPE_DATA)
  const words = new Uint32Array(bytes.buffer)
  let word = 0x9e3779b9
  for (let i = 0; i < words.length; i++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0
    words[i] = word
  }
  return Array.from({ length: bytes.length / CHUNK }, (_, i) =>
    bytes.subarray(i * CHUNK, (i + 1) * CHUNK),
  )
}

/** An in-memory source of so many stripes. */
export async function* repeatChunks(
  chunks: readonly Uint8Array[],
  stripes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const count = (stripes * STRIPE_DATA) / CHUNK
  for (let i = 0; i < count; i++) yield chunks[i % chunks.length] as Uint8Array
}
