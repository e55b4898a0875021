/**
 * Passes chunks on one late, so that the last one leaves only after the source has ended well: a server that has all the
 * bytes it was promised commits at once, and could not be told that the source failed behind its last byte.
 */
export async function* holdLast(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined
  for await (const chunk of source) {
    if (chunk.byteLength === 0) continue
    if (held !== undefined) yield held
    held = chunk
  }
  if (held !== undefined) yield held
}
