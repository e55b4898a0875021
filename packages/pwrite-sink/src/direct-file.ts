import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Slot } from '@millrace/pooled-buffers'
import { systemCode } from './errors.ts'
import type { PositionedWriter } from './positioned-writer.ts'

/** What offset, length and address of an O_DIRECT write are multiples of here: a page, which every device takes. */
export const DIRECT_ALIGNMENT = 4096

/** Whether writes bypass the page cache. */
export type DirectState = 'off' | 'on' | 'refused'

/** @internal The second descriptor of a file that is written with O_DIRECT. */
export interface DirectFile {
  readonly state: DirectState
  /** Why the state is `refused`. */
  readonly note: string | undefined
  write(
    writer: PositionedWriter,
    fd: number,
    bytes: Uint8Array,
    position: number,
    slot: Slot | undefined,
  ): Promise<void>
  close(): Promise<void>
}

/** @internal Plain writes only. */
export const NOT_DIRECT: DirectFile = {
  state: 'off',
  note: undefined,
  write: (writer, fd, bytes, position, slot) => writer.write(fd, bytes, position, slot),
  close: () => Promise.resolve(),
}

/** @internal */
export async function openDirectFile(tempPath: string): Promise<DirectFile> {
  const { O_DIRECT, O_NOFOLLOW = 0, O_WRONLY } = constants as Partial<typeof constants>
  let handle: FileHandle | undefined
  let note: string | undefined
  if (O_DIRECT === undefined) note = `${process.platform} has no O_DIRECT`
  else {
    try {
      handle = await open(tempPath, (O_WRONLY ?? 1) | O_DIRECT | O_NOFOLLOW)
    } catch (cause) {
      note = `The file system refuses O_DIRECT: ${systemCode(cause) ?? String(cause)}`
    }
  }
  return {
    get state() {
      return note === undefined ? 'on' : 'refused'
    },
    get note() {
      return note
    },
    async write(writer, fd, bytes, position, slot) {
      const middle = alignedPart(bytes, position, slot)
      if (handle === undefined || note !== undefined || middle === undefined) {
        return writer.write(fd, bytes, position, slot)
      }
      const { start, end } = middle
      const part = (from: number, to: number): [Uint8Array, number, Slot] => [
        bytes.subarray(from, to),
        position + from,
        { byteOffset: bytes.byteOffset + from, byteLength: to - from },
      ]
      try {
        await writer.write(handle.fd, ...part(start, end))
      } catch (cause) {
        if (systemCode(cause) !== 'EINVAL') throw cause
        note = 'The file system or the memory refuses O_DIRECT writes: EINVAL'
        return writer.write(fd, bytes, position, slot)
      }
      if (start > 0) await writer.write(fd, ...part(0, start))
      if (end < bytes.byteLength) await writer.write(fd, ...part(end, bytes.byteLength))
    },
    async close() {
      const closing = handle
      handle = undefined
      await closing?.close()
    },
  }
}

/** The part of a slot whose offset, length and address are aligned; a slab begins on a page. */
function alignedPart(
  bytes: Uint8Array,
  position: number,
  slot: Slot | undefined,
): { readonly start: number; readonly end: number } | undefined {
  const shift = position % DIRECT_ALIGNMENT
  if (slot === undefined || bytes.byteOffset % DIRECT_ALIGNMENT !== shift) return undefined
  const start = shift === 0 ? 0 : DIRECT_ALIGNMENT - shift
  const end = bytes.byteLength - ((position + bytes.byteLength) % DIRECT_ALIGNMENT)
  return start < end ? { start, end } : undefined
}
