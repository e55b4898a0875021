import { write as writeFd } from 'node:fs'
import type { Slot } from '@millrace/pooled-buffers'

/** Writes bytes at a position of an open file: the part of a sink that worker threads can take over. */
export interface PositionedWriter {
  /**
   * Writes all of `bytes`. May run many times at once.
   *
   * @param fd an open file descriptor; the sink keeps it open until the promise settles
   * @param bytes what to write; nobody changes them until the promise settles
   * @param position offset in the file
   * @param slot where `bytes` lie on the slab, if they came as a Lease: for a thread that sees the slab
   * @returns settles when every byte is written. Rejects with an error that carries the system's `code`
   */
  write(fd: number, bytes: Uint8Array, position: number, slot: Slot | undefined): Promise<void>
}

/**
 * The writer that a sink uses unless it is given one: `fs.write` on Node's own thread pool, short writes completed.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { fsWriter } from '@millrace/pwrite-sink'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'writer-'))
 * const file = await open(join(folder, 'a'), 'w')
 * await fsWriter.write(file.fd, Buffer.from('bc'), 1, undefined)
 * await fsWriter.write(file.fd, Buffer.from('a'), 0, undefined)
 * await file.close()
 * assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'abc')
 * await rm(folder, { recursive: true })
 * ```
 */
export const fsWriter: PositionedWriter = {
  write(fd, bytes, position) {
    return new Promise((resolve, reject) => {
      let done = 0
      const next = (): void => {
        writeFd(fd, bytes, done, bytes.byteLength - done, position + done, (error, written) => {
          if (error !== null) return reject(error)
          done += written
          if (done >= bytes.byteLength) return resolve()
          // A device that takes nothing and reports nothing would be asked for ever.
          if (written === 0) {
            return reject(Object.assign(new Error('No byte was written'), { code: 'EIO' }))
          }
          return next()
        })
      }
      next()
    })
  },
}
