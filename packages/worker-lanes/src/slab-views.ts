/** Views kept at most; a slab of a few hundred slots has as many for each shard. */
const MOST_VIEWS = 8192

/** @internal Views of the slab that are made once: in steady state a worker allocates none. */
export interface SlabViews {
  /** The whole slab. */
  readonly slab: Uint8Array
  at(byteOffset: number, length: number): Uint8Array
}

/** @internal */
export function createSlabViews(buffer: SharedArrayBuffer, onView: () => void): SlabViews {
  const views = new Map<number, Uint8Array>()
  return {
    slab: new Uint8Array(buffer),
    at(byteOffset, length) {
      const known = views.get(byteOffset)
      if (known !== undefined && known.length === length) return known
      if (views.size >= MOST_VIEWS) views.clear()
      const view = new Uint8Array(buffer, byteOffset, length)
      onView()
      views.set(byteOffset, view)
      return view
    },
  }
}
