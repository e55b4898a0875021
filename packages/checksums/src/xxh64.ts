import xxhash from 'xxhash-wasm'
import type { HashEngine } from './engine.ts'

const xxhashes = await xxhash()

/** The module's memory grows to the longest input it has met: pieces of this length keep it small. */
const PIECE = 65_536

/** @internal XXH64 with seed 0, in WebAssembly. */
export const XXH64: HashEngine = {
  start() {
    const hash = xxhashes.create64()
    return {
      update(bytes) {
        for (let at = 0; at < bytes.length; at += PIECE) hash.update(bytes.subarray(at, at + PIECE))
      },
      digest() {
        const digest = new Uint8Array(8)
        new DataView(digest.buffer).setBigUint64(0, hash.digest())
        return digest
      },
    }
  },
}
