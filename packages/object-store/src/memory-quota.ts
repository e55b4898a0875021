import { ObjectStoreError } from './errors.ts'

/** What an object costs beside its bytes and its key: an estimate that keeps many empty objects bounded too. */
const OVERHEAD = 512

/** Bytes held by a memory store, or by all the stores of one registry. */
export interface MemoryQuota {
  readonly free: number
  /** Takes `bytes` or throws `NO_SPACE`. */
  take(bytes: number): void
  give(bytes: number): void
}

export function createQuota(maxBytes: number): MemoryQuota {
  if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0) {
    throw new ObjectStoreError(
      'INVALID_ARGUMENT',
      `maxBytes must be a positive integer: ${maxBytes}`,
    )
  }
  let used = 0
  return {
    get free() {
      return maxBytes - used
    },
    take(bytes) {
      if (used + bytes > maxBytes) {
        throw new ObjectStoreError('NO_SPACE', `Memory store is full: ${maxBytes} bytes at most`, {
          details: { maxBytes },
        })
      }
      used += bytes
    },
    give(bytes) {
      used -= bytes
    },
  }
}

/** What a record under this key takes of the quota beside its body. */
export function overheadOf(key: string): number {
  return OVERHEAD + key.length * 2
}
