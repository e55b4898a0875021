import { encode, reconstruct } from 'wasm-reed-solomon-erasure'
import type { Engine } from './engine.ts'

/**
 * @internal wasm-reed-solomon-erasure: plain WebAssembly without SIMD, which works on copies. It traps on input that it
 * cannot take (no parity, empty shards), so that such calls end before it: they have nothing to compute.
 */
export function createPortableEngine(m: number): Engine {
  return {
    name: 'portable',
    run({ sources, targets }, shards, missing) {
      const { length } = shards
      if (length === 0 || targets.length === 0) return
      const encoding = targets.length === m && targets.every((target) => target >= sources.length)
      const result = encoding
        ? encode(sources.map(shards.view), m)
        : reconstruct(
            Array.from({ length: sources.length + m }, (_, index) => shards.view(index)),
            m,
            Uint32Array.from(missing),
          )
      for (const target of targets) shards.view(target).set(result[target] as Uint8Array)
    },
    check({ sources, targets }, shards) {
      if (shards.length === 0 || targets.length === 0) return true
      const result = encode(sources.map(shards.view), m)
      return targets.every(
        (target) => Buffer.compare(shards.view(target), result[target] as Uint8Array) === 0,
      )
    },
  }
}
