import { execFile } from 'node:child_process'
import { type FileHandle, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeFailure, PwriteSinkError } from './errors.ts'

/** How room is made for a file whose size is known. */
export type Preallocation = 'none' | 'size' | 'blocks'

/**
 * @internal Makes room for a file, and gives how it was done.
 *
 * `size` is ftruncate: writes in any order do not grow the file any more. `blocks` also reserves the blocks. Node has no
 * fallocate, so util-linux's command of that name does it through our descriptor, for some milliseconds; where it is
 * missing or the file system refuses, the size alone is set. Before either, a device that clearly lacks the space is
 * found out, rather than at the end.
 */
export async function preallocate(
  handle: FileHandle,
  path: string,
  size: number,
  wanted: Preallocation,
): Promise<Preallocation> {
  if (wanted === 'none') return 'none'
  const free = await freeBytes(dirname(path))
  if (free < BigInt(size)) {
    throw new PwriteSinkError(
      'ERR_PWRITE_SINK_NO_SPACE',
      `Cannot make room for ${size} bytes, only ${free} are free: ${path}`,
    )
  }
  try {
    await handle.truncate(size)
  } catch (cause) {
    throw describeFailure('make room for', path, cause)
  }
  return wanted === 'blocks' && size > 0 && (await reserveBlocks(handle.fd, size))
    ? 'blocks'
    : 'size'
}

/** A file system that does not say counts as large: the writes will tell. */
async function freeBytes(folder: string): Promise<bigint> {
  const unknown = 2n ** 63n
  try {
    const { bfree, blocks, bsize } = await statfs(folder, { bigint: true })
    return blocks === 0n ? unknown : bfree * bsize
  } catch {
    return unknown
  }
}

const RESERVE_TIMEOUT_MS = 30_000

function reserveBlocks(fd: number, size: number): Promise<boolean> {
  if (process.platform !== 'linux') return Promise.resolve(false)
  const args = ['--length', String(size), `/proc/${process.pid}/fd/${fd}`]
  return new Promise((resolve) => {
    execFile('fallocate', args, { timeout: RESERVE_TIMEOUT_MS }, (error) => resolve(error === null))
  })
}
