import { createErasureCodec, type ErasureCodec, SCRATCH_BYTES } from '@millrace/ec-codec'
import type { SlabMemory, Slot } from '@millrace/pooled-buffers'

/** Codecs of different schemes that a worker keeps. */
const MOST_CODECS = 16

/** @internal */
export interface CodecShelfOptions {
  readonly memory: SlabMemory
  readonly reserved: Slot
  readonly engine: 'auto' | 'simd' | 'portable'
  /** Thread ids by part of the reserved region; 0 is free. */
  readonly owners: Int32Array
  readonly threadId: number
}

/** @internal A worker's codecs, all on the one part of the reserved region that this worker has claimed. */
export function createCodecShelf(
  options: CodecShelfOptions,
): (k: number, m: number) => ErasureCodec {
  const { memory, engine } = options
  const codecs = new Map<number, ErasureCodec>()
  let scratch: Slot | undefined
  return (k, m) => {
    const key = k * 1000 + m
    let codec = codecs.get(key)
    if (codec === undefined) {
      scratch ??= claim(options)
      if (codecs.size >= MOST_CODECS) codecs.clear()
      codec = createErasureCodec({ k, m, memory, scratch, engine })
      codecs.set(key, codec)
    }
    return codec
  }
}

function claim({ owners, reserved, threadId }: CodecShelfOptions): Slot {
  for (let part = 0; part < owners.length; part++) {
    if (Atomics.compareExchange(owners, part, 0, threadId) === 0) {
      return { byteOffset: reserved.byteOffset + part * SCRATCH_BYTES, byteLength: SCRATCH_BYTES }
    }
  }
  throw new Error(`Cannot find scratch space for a codec: all ${owners.length} parts are taken`)
}
