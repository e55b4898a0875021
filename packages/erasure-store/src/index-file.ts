import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const MAGIC = 0xbeefc0de
const META_BYTES = 4096
/** Within a meta page, as LMDB lays it out on 64-bit machines. */
const OFFSET = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152 } as const

/**
 * Looks at an index file before LMDB does: it maps what it is given, and a file that was cut or overwritten would take
 * the process down (SIGBUS, SIGSEGV) instead of raising an error. A file that is absent or empty is a new index.
 *
 * @throws {Error} saying what is wrong with the file
 */
export function checkIndexFile(path: string): void {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    const { size } = fstatSync(descriptor)
    if (size === 0) return
    const meta = Buffer.alloc(META_BYTES)
    const metaAt = (position: number): { pageSize: number; last: bigint; id: bigint } => {
      const length = readSync(descriptor, meta, 0, META_BYTES, position)
      if (length !== META_BYTES || meta.readUInt32LE(OFFSET.magic) !== MAGIC) {
        throw new Error(`Index is damaged: ${path}`)
      }
      return {
        pageSize: meta.readUInt32LE(OFFSET.pageSize),
        last: meta.readBigUInt64LE(OFFSET.lastPage),
        id: meta.readBigUInt64LE(OFFSET.transaction),
      }
    }
    const first = metaAt(0)
    const second = metaAt(first.pageSize)
    const newest = second.id > first.id ? second : first
    const pages = newest.id === 0n ? 2n : newest.last + 1n
    if (pages * BigInt(first.pageSize) > BigInt(size)) {
      throw new Error(`Index is cut short: ${path}`)
    }
  } finally {
    closeSync(descriptor)
  }
}
