import type { ByteSource } from '@millrace/byte-streams'
import { type Algorithm, createHasher } from '@millrace/checksums'
import type { ByteRange } from '@millrace/range-planner'
import { checkedBody } from './checked-body.ts'
import { ObjectStoreError } from './errors.ts'
import type { MemoryQuota } from './memory-quota.ts'
import type { BodySummary } from './port.ts'

const FIRST_BLOCK = 4 * 1024
const BLOCK = 256 * 1024

/** Bytes of one object or part. The blocks are never written again, so readers need no lock. */
export interface MemoryBody {
  readonly size: number
  readonly blocks: readonly Uint8Array[]
}

/**
 * Copies a body into blocks of the store's own and hashes it on the way. On failure it gives back what it took.
 */
export async function readBody(
  source: ByteSource,
  options: {
    readonly size?: number | undefined
    readonly signal?: AbortSignal | undefined
    readonly digests: Iterable<Algorithm>
    readonly quota: MemoryQuota
  },
): Promise<{ readonly body: MemoryBody; readonly summary: BodySummary }> {
  const { quota } = options
  const hashers = Array.from(new Set(options.digests), (algorithm) => ({
    algorithm,
    hasher: createHasher(algorithm),
  }))
  const blocks: Uint8Array[] = []
  let taken = 0
  let size = 0
  let block = new Uint8Array(0)
  let filled = 0
  try {
    for await (const chunk of checkedBody(source, options)) {
      for (const { hasher } of hashers) hasher.update(chunk)
      for (let read = 0; read < chunk.byteLength; ) {
        if (filled === block.byteLength) {
          // Room for growth is not worth a refusal: near the limit the block is as small as it can be.
          const wished = nextBlock(block.byteLength, chunk.byteLength - read, options.size, size)
          const next = Math.min(wished, Math.max(quota.free, 1))
          quota.take(next)
          taken += next
          block = new Uint8Array(next)
          blocks.push(block)
          filled = 0
        }
        const part = Math.min(block.byteLength - filled, chunk.byteLength - read)
        block.set(chunk.subarray(read, read + part), filled)
        filled += part
        read += part
        size += part
      }
    }
    if (filled < block.byteLength) {
      blocks[blocks.length - 1] = block.slice(0, filled)
      quota.give(block.byteLength - filled)
      taken -= block.byteLength - filled
    }
    const digests: Partial<Record<Algorithm, Uint8Array>> = {}
    for (const { algorithm, hasher } of hashers) digests[algorithm] = hasher.digest()
    return { body: { size, blocks }, summary: { size, digests } }
  } catch (error) {
    quota.give(taken)
    throw error
  }
}

function nextBlock(last: number, pending: number, total: number | undefined, done: number): number {
  if (total !== undefined) return Math.min(BLOCK, total - done)
  return Math.min(BLOCK, Math.max(FIRST_BLOCK, last * 2, pending))
}

/**
 * Gives a range of a body in copies, one for each block: a chunk that was given belongs to its consumer, who may change
 * it, while the block stays.
 */
export async function* readRange(
  body: MemoryBody,
  range: ByteRange,
  options: { readonly signal?: AbortSignal | undefined; readonly isDisposed: () => boolean },
): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0
  for (const block of body.blocks) {
    const end = offset + block.byteLength
    if (end > range.start && offset < range.end) {
      options.signal?.throwIfAborted()
      if (options.isDisposed()) {
        throw new ObjectStoreError('IO', 'Result of get has been disposed of')
      }
      yield block.slice(
        Math.max(0, range.start - offset),
        Math.min(block.byteLength, range.end - offset),
      )
    }
    offset = end
    if (offset >= range.end) return
  }
}
