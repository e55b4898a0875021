import { readSync, writeSync } from 'node:fs'

/**
 * @internal Writes all of the bytes, however many calls that takes. Synchronous, for a worker has nothing else to do, and
 * on shared memory in place. Descriptors belong to the process, so that those that the main thread opened work here.
 */
export function writeFully(
  fd: number,
  slab: Uint8Array,
  byteOffset: number,
  length: number,
  position: number,
): void {
  let done = 0
  while (done < length) {
    done += writeSync(fd, slab, byteOffset + done, length - done, position + done)
  }
}

/** What O_DIRECT asks of position, length and memory on every file system that has it. */
const DIRECT_ALIGNMENT = 4096

function isAligned(number: number): boolean {
  return number % DIRECT_ALIGNMENT === 0
}

/** @internal Writes through the direct descriptor (if there is one, not -1) where the bytes lie right for it. */
export function writeChunk(
  fd: number,
  directFd: number,
  slab: Uint8Array,
  byteOffset: number,
  length: number,
  position: number,
): void {
  if (directFd >= 0 && isAligned(byteOffset) && isAligned(length) && isAligned(position)) {
    try {
      writeFully(directFd, slab, byteOffset, length, position)
      return
    } catch (error) {
      // A file system that opens a file so and then refuses, or a short write that left an odd rest.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
    }
  }
  writeFully(fd, slab, byteOffset, length, position)
}

/** @internal Reads until the length is reached or the file ends; gives the bytes read. */
export function readFully(
  fd: number,
  slab: Uint8Array,
  byteOffset: number,
  length: number,
  position: number,
): number {
  let done = 0
  while (done < length) {
    const read = readSync(fd, slab, byteOffset + done, length - done, position + done)
    if (read === 0) break
    done += read
  }
  return done
}

/** @internal The system's number for an error of a file call; `EIO`'s for one that has none. */
export function errnoOf(error: unknown): number {
  const errno = (error as { errno?: unknown } | null)?.errno
  return typeof errno === 'number' && errno < 0 ? errno : -5
}
