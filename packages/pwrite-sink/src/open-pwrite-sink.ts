import { NOT_DIRECT, openDirectFile } from './direct-file.ts'
import { type Preallocation, preallocate } from './preallocate.ts'
import { createSink, type PwriteSink } from './sink.ts'
import { checkOptions, type PwriteSinkOptions } from './sink-options.ts'
import { openTempFile } from './temp-file.ts'

/**
 * Opens a file for positioned writes in any order. The bytes go to a temporary file beside it (random name, O_EXCL,
 * O_NOFOLLOW); `commit()` flushes it, renames it (mode `create`: links it, which refuses a name that is taken) and
 * flushes the folder. A crash leaves the old file or the new one, never a mix.
 *
 * @param path the finished file; a link there is replaced, not followed
 * @param options see {@link PwriteSinkOptions}
 * @returns a sink; dispose of it (`await using`) so that nothing stays behind on any way out
 * @throws {RangeError} `ERR_PWRITE_SINK_INVALID_ARGUMENT` at the call
 * @throws {PwriteSinkError} `ERR_PWRITE_SINK_EXISTS`, `ERR_PWRITE_SINK_NOT_A_FILE`, `ERR_PWRITE_SINK_CANNOT_OPEN`,
 * `ERR_PWRITE_SINK_NO_SPACE`; or `signal.reason`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openPwriteSink } from '@millrace/pwrite-sink'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'sink-'))
 * const path = join(folder, 'greeting')
 * {
 *   await using sink = await openPwriteSink(path, { size: 10 })
 *   await Promise.all([sink.write(Buffer.from('world'), 5), sink.write(Buffer.from('hello'), 0)])
 *   await sink.commit()
 * }
 * assert.equal(await readFile(path, 'utf8'), 'helloworld')
 * await rm(folder, { recursive: true })
 * ```
 */
export function openPwriteSink(path: string, options: PwriteSinkOptions = {}): Promise<PwriteSink> {
  checkOptions(path, options)
  return open(path, options)
}

async function open(path: string, options: PwriteSinkOptions): Promise<PwriteSink> {
  const { signal, size, mode = 'create', direct = false } = options
  signal?.throwIfAborted()
  const file = await openTempFile(path, mode, options.tempName)
  let directFile = NOT_DIRECT
  let allocated: Preallocation = 'none'
  try {
    if (size !== undefined) {
      allocated = await preallocate(file.handle, file.path, size, options.preallocate ?? 'size')
    }
    if (direct) directFile = await openDirectFile(file.tempPath)
    signal?.throwIfAborted()
  } catch (error) {
    await directFile.close()
    await file.discard()
    throw error
  }
  return createSink(file, directFile, allocated, options)
}
