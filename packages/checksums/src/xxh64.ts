import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { HashEngine } from './engine.ts'
import { alignedLike, instantiate, type Memory } from './web-assembly.ts'

/** The part of xxhash-wasm's module that is used: XXH64 on a state at `state` in its memory. */
interface XxhashModule {
  readonly mem: Memory
  init64(state: number, seed: bigint): void
  update64(state: number, input: number, length: number): void
  digest64(state: number): bigint
}

// Places in the module's one page of memory; xxhash-wasm's own JavaScript keeps a state of as many bytes.
const STATE_LENGTH = 88
const INPUT = 128
const PIECE = 65_536 - INPUT - 8

interface Loaded {
  readonly xxhash: XxhashModule
  readonly state: Uint8Array
  readonly memory: Uint8Array
}

let loaded: Loaded | undefined

/** xxhash-wasm itself loads asynchronously, but ships its module as a file beside: that can be loaded at once. */
function load(): Loaded {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve('xxhash-wasm'))
  const file = readFileSync(new URL('../workerd/xxhash.wasm', entry))
  const xxhash = instantiate(file) as XxhashModule
  return {
    xxhash,
    state: new Uint8Array(xxhash.mem.buffer, 0, STATE_LENGTH),
    memory: new Uint8Array(xxhash.mem.buffer),
  }
}

/** @internal XXH64 with seed 0, of xxhash-wasm. */
export const XXH64: HashEngine = {
  start() {
    loaded ??= load()
    const { xxhash, state, memory } = loaded
    // init64 leaves the counters as they are.
    state.fill(0)
    xxhash.init64(0, 0n)
    const own = state.slice()
    return {
      update(bytes) {
        state.set(own)
        for (let at = 0; at < bytes.length; at += PIECE) {
          const piece = bytes.subarray(at, at + PIECE)
          const input = alignedLike(piece, INPUT)
          memory.set(piece, input)
          xxhash.update64(0, input, piece.length)
        }
        own.set(state)
      },
      digest() {
        state.set(own)
        const digest = new Uint8Array(8)
        new DataView(digest.buffer).setBigUint64(0, xxhash.digest64(0))
        return digest
      },
    }
  },
}
