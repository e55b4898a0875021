import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const MAGIC = 0xbeefc0de
const META_BYTES = 4096
/** Within a meta page, as LMDB lays it out on 64-bit machines. */
const OFFSET = { magic: 24, pageSize: 48, freeRoot: 88, mainRoot: 136, transaction: 152 } as const
const NO_PAGE = 0xffff_ffff_ffff_ffffn

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
    const metaAt = (position: number): { pageSize: number; roots: bigint[]; id: bigint } => {
      const length = readSync(descriptor, meta, 0, META_BYTES, position)
      if (length !== META_BYTES || meta.readUInt32LE(OFFSET.magic) !== MAGIC) {
        throw new Error(`Index is damaged: ${path}`)
      }
      return {
        pageSize: meta.readUInt32LE(OFFSET.pageSize),
        roots: [OFFSET.freeRoot, OFFSET.mainRoot].map((offset) => meta.readBigUInt64LE(offset)),
        id: meta.readBigUInt64LE(OFFSET.transaction),
      }
    }
    const first = metaAt(0)
    const second = metaAt(first.pageSize)
    const newest = second.id > first.id ? second : first
    // The last page that is counted need not be in the file: LMDB writes no page that was freed in its transaction.
    const pages = BigInt(Math.floor(size / first.pageSize))
    if (newest.roots.some((root) => root !== NO_PAGE && root >= pages)) {
      throw new Error(`Index is cut short: ${path}`)
    }
  } finally {
    closeSync(descriptor)
  }
}
