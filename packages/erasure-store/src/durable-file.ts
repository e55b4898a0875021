import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Flushes a directory, so that names made or removed in it outlive a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Directory flushes where callers that come while one is running share the next. */
export interface DirectorySync {
  sync(path: string): Promise<void>
}

export function createDirectorySync(): DirectorySync {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()
  const start = (path: string): Promise<void> => {
    const work = syncDirectory(path).finally(() => running.delete(path))
    running.set(path, work)
    return work
  }
  return {
    sync(path) {
      const current = running.get(path)
      if (current === undefined) return start(path)
      // The running flush may have begun before the caller's name was made: wait for a later one.
      const waiting = next.get(path)
      if (waiting !== undefined) return waiting
      const later = current
        .catch(() => undefined)
        .then(() => {
          next.delete(path)
          return start(path)
        })
      next.set(path, later)
      return later
    },
  }
}

/** Writes a small file so that it is there whole or not at all; with `flush` also after a power failure. */
export async function writeWhole(
  path: string,
  text: string,
  options: { readonly flush: boolean },
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await mkdir(dirname(path), { recursive: true })
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(text)
      if (options.flush) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (options.flush) await syncDirectory(dirname(path))
}
