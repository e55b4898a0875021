import { ObjectStoreError } from './errors.ts'
import type {
  ObjectHeaders,
  ObjectStore,
  PutResult,
  ReadConditions,
  WriteConditions,
} from './port.ts'

/** Where {@link copyObject} reads from or writes to. */
export interface ObjectLocation {
  readonly store: ObjectStore
  readonly key: string
}

/** Options of {@link copyObject}. */
export interface CopyOptions {
  /** Which version of the source. */
  readonly versionId?: string
  /** Conditions on the source. */
  readonly sourceConditions?: ReadConditions
  /** Conditions on the target. */
  readonly conditions?: WriteConditions
  /** Headers in place of the source's. */
  readonly headers?: ObjectHeaders
  /** Metadata in place of the source's. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly owner?: string
  readonly signal?: AbortSignal
}

/**
 * Copies one object, within a store or between two. The bytes stream through, bounded by what the stores hold; the target
 * appears whole or not at all. Checksums of the whole object go along.
 *
 * @param from - the source
 * @param to - the target; the same place is allowed where `headers` or `metadata` change
 * @param options - see {@link CopyOptions}
 * @returns what the target's `put` returned
 * @throws {ObjectStoreError} what `get` and `put` throw; `INVALID_ARGUMENT` for a copy onto itself that changes nothing
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { copyObject, createMemoryStore, getText } from '@millrace/object-store'
 *
 * const store = createMemoryStore()
 * await store.put('a', [Buffer.from('grain')])
 * await copyObject({ store, key: 'a' }, { store, key: 'b' })
 * assert.equal(await getText(store, 'b'), 'grain')
 * ```
 */
export async function copyObject(
  from: ObjectLocation,
  to: ObjectLocation,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { versionId, sourceConditions, conditions, headers, metadata, owner, signal } = options
  signal?.throwIfAborted()
  const same = from.store === to.store && from.key === to.key && versionId === undefined
  if (same && headers === undefined && metadata === undefined) {
    throw new ObjectStoreError(
      'INVALID_ARGUMENT',
      `Copying an object onto itself must change its headers or metadata: ${to.key}`,
    )
  }
  await using source = await from.store.get(from.key, {
    ...(versionId === undefined ? {} : { versionId }),
    ...(sourceConditions === undefined ? {} : { conditions: sourceConditions }),
    ...(signal === undefined ? {} : { signal }),
  })
  const { info } = source
  // A composite is made of parts, which the copy does not have.
  const checksums = info.checksums.filter(({ type }) => type === 'FULL_OBJECT')
  const keeps = checksums.length > 0 && to.store.capabilities.digests.length > 0
  return await to.store.put(to.key, source.body, {
    headers: headers ?? info.headers,
    metadata: metadata ?? info.metadata,
    size: info.size,
    ...(conditions === undefined ? {} : { conditions }),
    ...(keeps ? { beforeCommit: () => ({ checksums }) } : {}),
    ...(owner === undefined ? {} : { owner }),
    ...(signal === undefined ? {} : { signal }),
  })
}
