import { INDEX_RESERVE_BYTES, type Volume } from './volume.ts'

/** What may be done in a transaction on one volume's index. */
export interface Transaction {
  readonly put: (key: Uint8Array, value: Uint8Array) => void
  readonly remove: (key: Uint8Array) => void
}

/** EFBIG, ENOSPC, EDQUOT as LMDB gives them. */
const FULL_CODES: ReadonlySet<unknown> = new Set([27, 28, 122])

/** A volume's index had no room. Its own kind of error: a full volume is not a broken one. */
export class IndexFullError extends Error {
  override readonly name = 'IndexFullError'
}

/**
 * Makes all the changes in one transaction; resolves when it is committed (and, with `strict` durability, flushed).
 *
 * @throws {IndexFullError} when the volume is full
 */
export async function transact(
  volume: Volume,
  change: (transaction: Transaction) => void,
): Promise<void> {
  const { index } = volume
  // Asked first: LMDB for Node damages its heap when a write of it finds no room.
  if (!volume.hasRoom(INDEX_RESERVE_BYTES)) {
    throw new IndexFullError(`The index of ${volume.directory} has no room`)
  }
  // Each single write has a promise, too, which rejects when the transaction does: that is told once, below.
  const ignore = (): void => undefined
  try {
    await index.batch(() => {
      change({
        put: (key, value) => void index.put(key as Buffer, value as Buffer).catch(ignore),
        remove: (key) => void index.remove(key as Buffer).catch(ignore),
      })
    })
  } catch (error) {
    const { commitError } = error as { commitError?: Promise<unknown> }
    const cause = (await commitError?.then(ignore, (reason: unknown) => reason)) ?? error
    const { code } = cause as { code?: unknown }
    if (FULL_CODES.has(code)) {
      throw new IndexFullError(`The index of ${volume.directory} has no room`, { cause })
    }
    throw cause
  }
}
