import {
  type GetOptions,
  type GetResult,
  evaluateReadConditions,
  resolveGetRange,
} from '@millrace/object-store'
import type { Lease, LeaseStream } from '@millrace/pooled-buffers'
import type { ByteRange } from '@millrace/range-planner'
import type { Bucket } from './bucket-store.ts'
import { infoOf } from './object-records.ts'
import type { DataRecord, ObjectRecord } from './records.ts'
import type { DataReader } from './shard-data.ts'

/** The piece of a range that lies in one generation of data. */
interface Piece {
  readonly data: DataRecord
  readonly range: ByteRange
}

function piecesOf(parts: readonly DataRecord[], range: ByteRange): readonly Piece[] {
  const pieces: Piece[] = []
  let offset = 0
  for (const data of parts) {
    const start = Math.max(range.start - offset, 0)
    const end = Math.min(range.end - offset, data.size)
    if (start < end) pieces.push({ data, range: { start, end } })
    offset += data.size
  }
  return pieces
}

/**
 * Opens one object for reading. The first piece's shard files are opened before this resolves, so that what can be
 * refused is refused before a byte was sent; all generations are pinned until the reader is done.
 */
export async function getObject(
  bucket: Bucket,
  key: string,
  record: ObjectRecord,
  options: GetOptions,
): Promise<GetResult> {
  const { data } = bucket.context
  const { signal } = options
  const info = infoOf(key, record)
  evaluateReadConditions(info, options.conditions)
  const range = resolveGetRange(options, info, key)
  const parts = record.data === undefined ? bucket.partList(record).parts : [record.data]
  const pieces = piecesOf(parts, range)
  const unpins = pieces.map((piece) => data.pin(piece.data.generation))
  let current: DataReader | undefined
  const close = async (): Promise<void> => {
    const reader = current
    current = undefined
    try {
      await reader?.[Symbol.asyncDispose]()
    } finally {
      for (const unpin of unpins) unpin()
    }
  }
  try {
    const [first] = pieces
    if (first !== undefined) current = await data.read(first.data, first.range, { signal })
  } catch (error) {
    await close()
    throw error
  }

  const through = async function* <T>(
    iterate: (body: LeaseStream) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    try {
      for (const [position, piece] of pieces.entries()) {
        if (position > 0) current = await data.read(piece.data, piece.range, { signal })
        if (current === undefined) return
        yield* iterate(current.body)
        await current[Symbol.asyncDispose]()
      }
    } finally {
      await close()
    }
  }
  // Descriptors are closed only after the iteration has ended: a worker may still be reading from them.
  let active: AsyncGenerator<unknown, void, undefined> | undefined
  const once = <T>(iterate: (body: LeaseStream) => AsyncIterable<T>) => {
    const generator = through(iterate)
    active ??= generator
    return generator
  }
  const body: LeaseStream = {
    [Symbol.asyncIterator]: () => once((reader) => reader),
    leases: () => once<Lease>((reader) => reader.leases()),
  }
  return {
    info,
    range,
    body,
    async [Symbol.asyncDispose]() {
      await active?.return()
      // Returning a generator that never began runs none of it.
      await close()
    },
  }
}
