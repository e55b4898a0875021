import { statSync, statfsSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { open as openIndex, type RootDatabase } from 'lmdb'
import { createDirectorySync, type DirectorySync, syncDirectory } from './durable-file.ts'
import type { Generation } from './generation.ts'
import { checkIndexFile } from './index-file.ts'
import { INDEX, SHARDS, type VolumeIdentity, identityPath } from './volume-identity.ts'
import { takeLock } from './volume-lock.ts'

/** How much an acknowledged write has survived: `strict` a power failure, `relaxed` a crash of the process. */
export type Durability = 'strict' | 'relaxed'

/** Free bytes below which a volume takes no more shards: deleting needs room, too. */
export const SHARD_RESERVE_BYTES: number = 8 * 1024 * 1024
/** Free bytes below which a volume's index is not written to. */
export const INDEX_RESERVE_BYTES: number = 2 * 1024 * 1024

/** Objects are their owner's: nobody else on the machine reads shard files. */
const SHARD_MODE = 0o600

/** An open volume. */
export interface Volume {
  readonly directory: string
  readonly identity: VolumeIdentity
  readonly index: RootDatabase<Buffer, Buffer>
  readonly directories: DirectorySync
  /** False from the moment that the volume was found gone or failing. */
  readonly online: boolean
  /** Takes the volume out of use and tells why. */
  fail(reason: string): void
  /**
   * True while the directory is still the one that was opened. A volume that was removed under us would go on taking
   * index writes into files without a name: so this is asked before each commit.
   */
  check(): boolean
  /** Opens a new shard file for writing; fails with `ENOENT` when the volume is gone. */
  createShard(generation: Generation): Promise<FileHandle>
  shardPath(generation: Generation): string
  shardDirectory(generation: Generation): string
  /** True while at least this many bytes are free. A file system that does not say has room. */
  hasRoom(bytes: number): boolean
  /** True when its index has no record at all. */
  isEmpty(): boolean
  /** Takes the volume out of use without a word: what is under way ends, nothing new begins. */
  retire(): void
  close(): Promise<void>
}

/** Directory under `shards/` for a generation: two digits of its random half, so that files spread evenly. */
function fanout(generation: Generation): string {
  return generation.slice(16, 18)
}

/** Makes the directories of a new volume. The identity is written by the caller, last. */
export async function layOutVolume(directory: string, durability: Durability): Promise<void> {
  await mkdir(join(directory, SHARDS), { recursive: true })
  if (durability === 'relaxed') return
  await syncDirectory(join(directory, SHARDS))
  // The volume's own name must outlive a power failure, too.
  await syncDirectory(dirname(directory))
}

/**
 * Opens a formatted volume: takes its lock and opens its index.
 *
 * @throws {VolumeError} `ERR_VOLUME_LOCKED` when another living process has it open
 */
export async function openVolume(
  directory: string,
  identity: VolumeIdentity,
  options: {
    readonly durability: Durability
    readonly onFailed: (volume: Volume, reason: string) => void
  },
): Promise<Volume> {
  const releaseLock = await takeLock(directory)
  let index: RootDatabase<Buffer, Buffer>
  let stamp: { readonly ino: number; readonly dev: number }
  try {
    checkIndexFile(join(directory, INDEX))
    index = openIndex<Buffer, Buffer>({
      path: join(directory, INDEX),
      noSubdir: true,
      keyEncoding: 'binary',
      encoding: 'binary',
      cache: false,
      // A commit that resolves is on disk: not merely visible.
      overlappingSync: false,
      noSync: options.durability === 'relaxed',
    })
    stamp = statSync(identityPath(directory))
    // The index's name, should this be the start that made it.
    if (options.durability === 'strict') await syncDirectory(directory)
  } catch (error) {
    await releaseLock()
    throw error
  }
  const { ino, dev } = stamp
  let online = true
  const volume: Volume = {
    directory,
    identity,
    index,
    directories: createDirectorySync(),
    get online() {
      return online
    },
    fail(reason) {
      if (!online) return
      online = false
      options.onFailed(volume, reason)
    },
    check() {
      if (!online) return false
      const now = statSync(identityPath(directory), { throwIfNoEntry: false })
      if (now === undefined || now.ino !== ino || now.dev !== dev) {
        volume.fail(`${directory} is gone or was replaced while in use`)
        return false
      }
      return true
    },
    async createShard(generation) {
      const path = volume.shardPath(generation)
      try {
        return await open(path, 'wx', SHARD_MODE)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
      // The first shard with these two digits. Not recursive: without `shards/` there is no volume to write to.
      await mkdir(volume.shardDirectory(generation)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      if (options.durability === 'strict') await volume.directories.sync(join(directory, SHARDS))
      return await open(path, 'wx', SHARD_MODE)
    },
    shardPath: (generation) => join(directory, SHARDS, fanout(generation), `${generation}.shard`),
    shardDirectory: (generation) => join(directory, SHARDS, fanout(generation)),
    hasRoom(bytes) {
      try {
        const { bavail, bsize } = statfsSync(directory)
        return bavail * bsize >= bytes
      } catch {
        return true
      }
    },
    isEmpty() {
      for (const _ of index.getKeys({ limit: 1 })) return false
      return true
    },
    retire() {
      online = false
    },
    async close() {
      online = false
      await index.close()
      await releaseLock()
    },
  }
  return volume
}
