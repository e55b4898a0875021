import fc from 'fast-check'

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** The input of BLAKE3's official vectors; also a plain pattern for anything else. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251)
}

/** The same bytes at an odd offset of shared memory, as a slot of the slab would give them. */
export function shared(bytes: Uint8Array): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + 7), 5, bytes.length)
  view.set(bytes)
  return view
}

/** Pseudo-random bytes: quicker than arrays of fast-check, and a length and a seed shrink well. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed | 1
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

/** Bytes, and the places where they are cut. */
export function cutBytes(maxLength: number): fc.Arbitrary<{ bytes: Uint8Array; cuts: number[] }> {
  return fc
    .record({ length: fc.nat(maxLength), seed: fc.integer() })
    .chain(({ length, seed }) =>
      fc
        .array(fc.nat(length), { maxLength: 6 })
        .map((cuts) => ({ bytes: noise(length, seed), cuts: cuts.sort((a, b) => a - b) })),
    )
}

/** The pieces between the cuts, empty ones too. */
export function pieces({ bytes, cuts }: { bytes: Uint8Array; cuts: number[] }): Uint8Array[] {
  return [...cuts, bytes.length].map((end, i) => bytes.subarray(cuts[i - 1] ?? 0, end))
}
