import type { BufferPool, Lease } from '@millrace/pooled-buffers'
import type { ByteRange } from '@millrace/range-planner'
import type { PwriteSink } from '@millrace/pwrite-sink'
import type { LeaseHash } from './hashing.ts'
import type { OrderedHash } from './ordered-hash.ts'
import type { PartWriter } from './pump-parts.ts'

/** Largest span of one write: a slot may be a little larger, for what it holds beside the bytes. */
const SPAN: number = 1024 * 1024

/** What a part is hashed by, beside being written. */
export interface PartHashes {
  readonly ordered: OrderedHash | undefined
  /** A digest of this part alone. */
  readonly part: LeaseHash | undefined
}

/**
 * Writes a part through leases: chunks are gathered in a slot, and full slots are written and hashed at the same time, by
 * whoever sees the slab. Waiting for a slot is the backpressure.
 */
export function createLeasePart(
  sink: PwriteSink,
  pool: BufferPool,
  part: ByteRange,
  hashes: PartHashes,
  signal: AbortSignal,
): PartWriter {
  const span = Math.min(pool.slotSize, SPAN)
  const underWay = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  let lease: Lease | undefined
  let filled = 0
  let begins = part.start

  const flush = (): void => {
    const held = lease as Lease
    const length = filled
    const position = begins
    lease = undefined
    filled = 0
    begins += length
    const job = writeAndHash(sink, held, length, position, hashes)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .then(() => void underWay.delete(job))
    underWay.add(job)
  }

  const writeSlowly = async (chunk: Uint8Array): Promise<void> => {
    for (let read = 0; read < chunk.byteLength; ) {
      if (failure !== undefined) throw failure.error
      lease ??= await pool.acquire({ signal })
      read += fill(chunk, read)
    }
  }

  const fill = (chunk: Uint8Array, read: number): number => {
    const length = Math.min(span - filled, chunk.byteLength - read)
    ;(lease as Lease).bytes.set(
      read === 0 && length === chunk.byteLength ? chunk : chunk.subarray(read, read + length),
      filled,
    )
    filled += length
    if (filled === span) flush()
    return length
  }

  return {
    write(chunk) {
      if (failure !== undefined) throw failure.error
      if (lease === undefined || chunk.byteLength > span - filled) return writeSlowly(chunk)
      fill(chunk, 0)
      return undefined
    },
    async end() {
      if (filled > 0) flush()
      await Promise.all(underWay)
      if (failure !== undefined) throw failure.error
    },
    async abandon() {
      lease?.release()
      lease = undefined
      await Promise.all(underWay)
      await hashes.part?.close().catch(() => {})
    },
  }
}

async function writeAndHash(
  sink: PwriteSink,
  lease: Lease,
  length: number,
  position: number,
  { ordered, part }: PartHashes,
): Promise<void> {
  try {
    const hashing = part?.update(lease, length) ?? ordered?.offer(lease, length, position)
    const writing = sink.write(borrowed(lease, length), position)
    const results = await Promise.allSettled([writing, hashing ?? Promise.resolve()])
    for (const result of results) if (result.status === 'rejected') throw result.reason
    ordered?.written(position, length)
  } finally {
    lease.release()
  }
}

/** The lease as the sink may see it: the bytes in use, and a release that leaves it to us, since the hash reads it too. */
function borrowed(lease: Lease, length: number): Lease {
  return {
    bytes: lease.bytes.subarray(0, length),
    slot: { byteOffset: lease.slot.byteOffset, byteLength: length },
    release() {},
    [Symbol.dispose]() {},
  }
}
