import { type FileHandle, open } from 'node:fs/promises'

/** Open files, one for each shard. */
export interface ShardFiles extends AsyncDisposable {
  /** For `encodeStripes({ files })`. */
  readonly files: readonly { readonly fd: number }[]
  /** Closes all of them. */
  close(): Promise<void>
}

/**
 * Creates the files that a body's shards are written to; ones that are there are emptied.
 *
 * @param paths a path for each of the k+m shards, in their order
 * @returns the open files; close them when the stream has ended
 * @throws the system's error; then none stays open
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { createShardFiles } from '@millrace/ec-encode-stream'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'shards-'))
 * const shards = await createShardFiles([0, 1, 2].map((shard) => join(folder, `body.${shard}`)))
 * assert.equal(shards.files.length, 3)
 * await shards.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export async function createShardFiles(paths: readonly string[]): Promise<ShardFiles> {
  const outcomes = await Promise.allSettled(paths.map((path) => open(path, 'w')))
  const handles: FileHandle[] = []
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') handles.push(outcome.value)
  const close = async (): Promise<void> => {
    await Promise.all(handles.map((handle) => handle.close()))
  }
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue
    await close()
    throw outcome.reason
  }
  return { files: handles.map(({ fd }) => ({ fd })), close, [Symbol.asyncDispose]: close }
}
