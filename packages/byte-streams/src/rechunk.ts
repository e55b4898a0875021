import { checkChunk, checkSize } from './errors.ts'
import type { ByteSource, ByteStage } from './index.ts'
import { checkSource } from './source.ts'

/**
 * Cuts bytes into chunks of exactly `size` bytes; only the last may be shorter. Empty chunks vanish.
 *
 * What lies whole inside one incoming chunk is passed on as a view of it; bytes are copied, once, only where an outgoing
 * chunk spans several incoming ones. Holds at most `size` bytes.
 *
 * @param size bytes of each chunk, 1 or more
 * @returns a transform: give it a source and iterate
 * @throws {RangeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rechunk } from '@millrace/byte-streams'
 *
 * const sizes: number[] = []
 * for await (const chunk of rechunk(4)([new Uint8Array(3), new Uint8Array(6)])) sizes.push(chunk.length)
 * assert.deepEqual(sizes, [4, 4, 1])
 * ```
 */
export function rechunk(size: number): ByteStage {
  checkSize('size', size, 1)
  return (source) => {
    checkSource(source)
    return cut(source, size)
  }
}

async function* cut(source: ByteSource, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let block: Uint8Array | undefined
  let carry: Uint8Array | undefined
  let filled = 0
  for await (const chunk of source) {
    checkChunk(chunk)
    let offset = 0
    while (offset < chunk.byteLength) {
      if (filled === 0) {
        const whole = chunk.byteLength - offset >= size
        const view =
          offset === 0 && chunk.byteLength <= size ? chunk : chunk.subarray(offset, offset + size)
        offset += view.byteLength
        if (whole) yield view
        else {
          carry = view
          filled = view.byteLength
        }
        continue
      }
      if (block === undefined) {
        block = allocate(size)
        block.set(carry as Uint8Array)
        carry = undefined
      }
      const part = chunk.subarray(offset, offset + size - filled)
      block.set(part, filled)
      filled += part.byteLength
      offset += part.byteLength
      if (filled === size) {
        const full = block
        block = undefined
        filled = 0
        yield full
      }
    }
  }
  if (filled > 0) yield block === undefined ? (carry as Uint8Array) : block.slice(0, filled)
}

/** Never from Node's pool: a chunk that lives long would keep its neighbours alive. Every byte is written or cut off. */
function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
}
