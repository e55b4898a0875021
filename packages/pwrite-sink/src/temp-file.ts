import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { describeFailure, PwriteSinkError, systemCode, wrongArgument } from './errors.ts'

/** What `commit()` makes durable. */
export type FsyncMode = 'full' | 'data' | 'none'

/** @internal A file under a name of its own, in the folder of the file that it will become. */
export interface TempFile {
  readonly path: string
  readonly tempPath: string
  readonly handle: FileHandle
  /** Makes it durable and gives it its name. `check` is called before each step and may throw. */
  publish(mode: 'create' | 'replace', fsync: FsyncMode, check: () => void): Promise<void>
  /** Closes and removes it, unless it has been published. */
  discard(): Promise<void>
}

/** Windows has no O_NOFOLLOW. */
type Constants = Omit<typeof constants, 'O_NOFOLLOW'> & { readonly O_NOFOLLOW?: number }

/** @internal */
export function checkTempName(name: string): void {
  if (
    name === '' ||
    name === '.' ||
    name === '..' ||
    name.includes('\0') ||
    basename(name) !== name
  ) {
    throw wrongArgument(`Cannot use tempName: expected a plain file name: ${JSON.stringify(name)}`)
  }
}

/** @internal */
export async function openTempFile(
  given: string,
  mode: 'create' | 'replace',
  tempName: string | undefined,
): Promise<TempFile> {
  const path = resolve(given)
  const folder = dirname(path)
  await checkDestination(path, mode)
  const tempPath = join(folder, tempName ?? `.millrace-${randomBytes(12).toString('hex')}.partial`)
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants as Constants
  let handle: FileHandle
  try {
    // O_EXCL: never somebody else's file, never through a link that was laid out for us.
    handle = await open(tempPath, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o666)
  } catch (cause) {
    throw new PwriteSinkError(
      'ERR_PWRITE_SINK_CANNOT_OPEN',
      `Cannot create a temporary file in ${folder}: ${(cause as Error).message}`,
      { cause },
    )
  }
  return tempFile(path, tempPath, handle)
}

function tempFile(path: string, tempPath: string, handle: FileHandle): TempFile {
  let open = true
  let named = true
  const close = async (): Promise<void> => {
    if (!open) return
    open = false
    await handle.close()
  }
  return {
    path,
    tempPath,
    handle,
    async publish(mode, fsync, check) {
      try {
        check()
        if (fsync === 'full') await handle.sync()
        else if (fsync === 'data') await handle.datasync()
        check()
        await close()
      } catch (cause) {
        check()
        throw describeFailure('flush', path, cause)
      }
      check()
      if (mode === 'create') await linkTo(tempPath, path)
      else await renameTo(tempPath, path)
      named = mode === 'create'
      if (named) {
        await unlink(tempPath).catch((cause: unknown) => {
          throw describeFailure('remove', tempPath, cause)
        })
        named = false
      }
      if (fsync === 'full') await syncFolder(path)
    },
    async discard() {
      try {
        await close()
      } finally {
        if (named) {
          named = false
          await unlink(tempPath).catch((cause: unknown) => {
            if (systemCode(cause) !== 'ENOENT') throw describeFailure('remove', tempPath, cause)
          })
        }
      }
    },
  }
}

async function checkDestination(path: string, mode: 'create' | 'replace'): Promise<void> {
  let found: Stats
  try {
    found = await lstat(path)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return
    throw new PwriteSinkError(
      'ERR_PWRITE_SINK_CANNOT_OPEN',
      `Cannot look at ${path}: ${(cause as Error).message}`,
      { cause },
    )
  }
  // A rename would put the file in the place of a device or a pipe without a word.
  if (!found.isFile() && !found.isSymbolicLink()) {
    throw new PwriteSinkError(
      'ERR_PWRITE_SINK_NOT_A_FILE',
      `Cannot replace what is no file: ${path}`,
    )
  }
  if (mode === 'create') throw exists(path)
}

function exists(path: string, cause?: unknown): PwriteSinkError {
  return new PwriteSinkError(
    'ERR_PWRITE_SINK_EXISTS',
    `Cannot create a file that exists, use mode 'replace' to overwrite it: ${path}`,
    { cause },
  )
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** Node has no renameat2(RENAME_NOREPLACE); link() is as atomic and refuses a name that is taken, even by a dead link. */
async function linkTo(tempPath: string, path: string): Promise<void> {
  try {
    await link(tempPath, path)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'EEXIST') throw exists(path, cause)
    if (code !== undefined && NO_LINKS.has(code)) {
      throw new PwriteSinkError(
        'ERR_PWRITE_SINK_NO_HARD_LINKS',
        `Cannot create without a chance to overwrite: the file system has no hard links, use mode 'replace': ${path}`,
        { cause },
      )
    }
    throw describeFailure('name', path, cause)
  }
}

async function renameTo(tempPath: string, path: string): Promise<void> {
  try {
    await rename(tempPath, path)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOTEMPTY') {
      throw new PwriteSinkError(
        'ERR_PWRITE_SINK_NOT_A_FILE',
        `Cannot replace what is no file: ${path}`,
        { cause },
      )
    }
    throw describeFailure('name', path, cause)
  }
}

/** Some network file systems have no such call for folders: their names are as durable as they get. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Without it the new name may be gone after a power failure, although the bytes are safe. */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for this, and journals names by itself.
  if (process.platform === 'win32') return
  try {
    const folder = await open(dirname(path), constants.O_RDONLY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (cause) {
    const code = systemCode(cause)
    if (code !== undefined && NO_FOLDER_SYNC.has(code)) return
    throw describeFailure('make durable the name of', path, cause)
  }
}
