import { type FileHandle, open } from 'node:fs/promises'

/** Open files, one for each shard that is there. */
export interface ShardFiles extends AsyncDisposable {
  /** For `decodeStripes({ shards })`; `undefined` for a file that is not there or cannot be opened. */
  readonly shards: readonly ({ readonly fd: number } | undefined)[]
  /** Closes all of them. */
  close(): Promise<void>
}

/**
 * Opens the files that a body's shards were written to. One that cannot be opened is a shard that is missing.
 *
 * @param paths a path for each of the k+m shards, in their order
 * @returns the open files; close them when the iteration has ended
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { openShardFiles } from '@millrace/ec-decode-stream'
 *
 * const files = await openShardFiles([process.execPath, '/does/not/exist'])
 * assert.deepEqual(files.shards.map((shard) => shard !== undefined), [true, false])
 * await files.close()
 * ```
 */
export async function openShardFiles(paths: readonly string[]): Promise<ShardFiles> {
  const handles = await Promise.all(
    paths.map((path) => open(path, 'r').catch((): FileHandle | undefined => undefined)),
  )
  const close = async (): Promise<void> => {
    await Promise.all(handles.map(async (handle) => handle?.close()))
  }
  const shards = handles.map((handle) => handle && { fd: handle.fd })
  return { shards, close, [Symbol.asyncDispose]: close }
}
