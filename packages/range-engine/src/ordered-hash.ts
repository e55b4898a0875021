import { open } from 'node:fs/promises'
import type { Algorithm } from '@millrace/checksums'
import type { BufferPool, Lease } from '@millrace/pooled-buffers'
import type { WorkerLanes } from '@millrace/worker-lanes'
import { openLeaseHash } from './hashing.ts'

/**
 * A digest over a file's bytes in order while they are written in any order. A span that comes just when it is due is hashed
 * from its lease; what was written ahead is read again, from the page cache, when its turn comes. So memory is bounded by
 * one lease however far apart the parts are.
 */
export interface OrderedHash {
  /** Hashes the span from its lease if it is due now; the promise says when the lease is no longer needed. */
  offer(lease: Lease, length: number, position: number): Promise<void> | undefined
  /** The span is in the file: what was not hashed from its lease can be read from there. */
  written(position: number, length: number): void
  /** All is written: the digest. */
  digest(): Promise<Uint8Array>
  /** Stops; resolves when nothing is under way. Never rejects. */
  close(): Promise<void>
}

export async function openOrderedHash(
  algorithm: Algorithm,
  path: string,
  size: number,
  pool: BufferPool,
  lanes: WorkerLanes | undefined,
): Promise<OrderedHash> {
  const file = await open(path, 'r')
  const hash = openLeaseHash(algorithm, lanes)
  /** Ends by starts of what is written and not hashed, merged as far as neighbours came in order. */
  const waiting = new Map<number, number>()
  let due = 0
  let closed = false
  let reading: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let onDue: (() => void) | undefined
  let lease: Lease | undefined
  try {
    // Taken before the parts take theirs: they may hold every other slot while they wait for this digest.
    lease = await pool.acquire()
  } catch (error) {
    await file.close()
    throw error
  }
  const own = lease

  const readInto = async (length: number, position: number): Promise<number> => {
    if (lanes === undefined) return (await file.read(own.bytes, 0, length, position)).bytesRead
    return lanes.read({ fd: file.fd, slot: own.slot, length, position })
  }

  const readAgain = async (end: number): Promise<void> => {
    while (due < end && !closed) {
      const length = await readInto(Math.min(own.bytes.byteLength, end - due), due)
      if (length === 0) throw new Error(`File ended at ${due} while it was read again`)
      await hash.update(own, length)
      due += length
    }
  }

  const proceed = (): void => {
    if (reading !== undefined || failure !== undefined || closed) return
    const end = waiting.get(due)
    if (end === undefined) {
      if (due === size) onDue?.()
      return
    }
    waiting.delete(due)
    reading = readAgain(end)
      .catch((error: unknown) => {
        failure ??= { error }
        onDue?.()
      })
      .then(() => {
        reading = undefined
        proceed()
      })
  }

  return {
    offer(offered, length, position) {
      if (failure !== undefined) throw failure.error
      if (reading !== undefined || position !== due || closed) return undefined
      due += length
      const taken = hash.update(offered, length)
      proceed()
      return taken
    },
    written(position, length) {
      if (position < due) return
      waiting.set(position, position + length)
      proceed()
    },
    async digest() {
      await new Promise<void>((resolve) => {
        onDue = resolve
        proceed()
        if (failure !== undefined) resolve()
      })
      if (failure !== undefined) throw failure.error
      return hash.digest()
    },
    async close() {
      closed = true
      await reading
      await hash.close().catch(() => {})
      own.release()
      await file.close()
    },
  }
}
