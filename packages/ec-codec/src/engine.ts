import type { Recipe } from './matrix.ts'

/** @internal The shards of one call, checked: as addresses for a kernel, as views for everything else. */
export interface Shards {
  /** Bytes of each. */
  readonly length: number
  /** Where a shard starts in the codec's memory; without meaning if the codec has none. */
  readonly address: (index: number) => number
  readonly view: (index: number) => Uint8Array
}

/** @internal What computes shards from shards. It is given only what has been checked. */
export interface Engine {
  readonly name: 'simd' | 'portable'
  /** Writes the recipe's targets. `missing` are all the shards whose bytes are not to be read. */
  run(recipe: Recipe, shards: Shards, missing: readonly number[]): void
  /** Whether the targets are what the recipe says. */
  check(recipe: Recipe, shards: Shards): boolean
}
