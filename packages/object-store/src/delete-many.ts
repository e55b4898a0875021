import { ObjectStoreError } from './errors.ts'
import type { DeleteResult, ObjectStore } from './port.ts'

/** Deletes under way at a time in {@link deleteMany} when not told otherwise. */
export const DEFAULT_DELETE_CONCURRENCY = 16

/** What to delete: a key, or one version of it. */
export type DeleteTarget = string | { readonly key: string; readonly versionId?: string }

/** What became of one target of {@link deleteMany}. */
export type DeleteOutcome =
  | {
      readonly key: string
      readonly requestedVersionId: string | undefined
      readonly result: DeleteResult
    }
  | {
      readonly key: string
      readonly requestedVersionId: string | undefined
      readonly error: unknown
    }

/**
 * Deletes many objects, a few at a time, and says of each what became of it: one that fails stops none of the others.
 *
 * @param store - the store
 * @param targets - keys, or keys with versions; read as they are needed
 * @param options - `concurrency` deletes are under way at a time, 1 or more
 * @returns an outcome for each target, in the order of the targets
 * @throws {ObjectStoreError} `INVALID_ARGUMENT` for a concurrency that is no positive integer; `signal.reason` on abort
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore, deleteMany } from '@millrace/object-store'
 *
 * const store = createMemoryStore()
 * await store.put('a', [])
 * for await (const outcome of deleteMany(store, ['a', 'never'])) assert.ok('result' in outcome)
 * ```
 */
export function deleteMany(
  store: ObjectStore,
  targets: Iterable<DeleteTarget> | AsyncIterable<DeleteTarget>,
  options: { readonly concurrency?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<DeleteOutcome, void, undefined> {
  const { concurrency = DEFAULT_DELETE_CONCURRENCY, signal } = options
  signal?.throwIfAborted()
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new ObjectStoreError(
      'INVALID_ARGUMENT',
      `Concurrency must be a positive integer: ${concurrency}`,
    )
  }
  return run(store, targets, concurrency, signal)
}

async function* run(
  store: ObjectStore,
  targets: Iterable<DeleteTarget> | AsyncIterable<DeleteTarget>,
  concurrency: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<DeleteOutcome, void, undefined> {
  const running: Promise<DeleteOutcome>[] = []
  try {
    for await (const target of targets) {
      signal?.throwIfAborted()
      running.push(deleteOne(store, target, signal))
      if (running.length >= concurrency) yield await (running.shift() as Promise<DeleteOutcome>)
    }
    while (running.length > 0) yield await (running.shift() as Promise<DeleteOutcome>)
    signal?.throwIfAborted()
  } finally {
    await Promise.all(running)
  }
}

async function deleteOne(
  store: ObjectStore,
  target: DeleteTarget,
  signal: AbortSignal | undefined,
): Promise<DeleteOutcome> {
  const { key, versionId } =
    typeof target === 'string' ? { key: target, versionId: undefined } : target
  try {
    const result = await store.delete(key, {
      ...(versionId === undefined ? {} : { versionId }),
      ...(signal === undefined ? {} : { signal }),
    })
    return { key, requestedVersionId: versionId, result }
  } catch (error) {
    return { key, requestedVersionId: versionId, error }
  }
}
