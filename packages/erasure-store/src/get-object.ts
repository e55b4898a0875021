import {
  type GetOptions,
  type GetResult,
  ObjectStoreError,
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

function disposed(key: string): ObjectStoreError {
  return new ObjectStoreError('IO', `Result of get has been disposed of: ${key}`)
}

/** What the stripes' reader says, in the port's words: wrong chunks are damage, missing ones may come back. */
function readError(error: unknown, key: string): unknown {
  const { code, retryable } = error as { code?: unknown; retryable?: unknown }
  if (code !== 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS') return error
  return new ObjectStoreError(
    retryable === true ? 'UNAVAILABLE' : 'CORRUPT',
    `Cannot read on: too many shards are lost or damaged: ${key}`,
    { cause: error },
  )
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
  const parts = record.data === undefined ? bucket.partList(key, record).parts : [record.data]
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

  let state: 'untouched' | 'reading' | 'whole' | 'disposed' = 'untouched'
  const through = async function* <T>(
    iterate: (body: LeaseStream) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    if (state === 'disposed') throw disposed(key)
    if (state !== 'untouched') throw new ObjectStoreError('IO', `Body was read already: ${key}`)
    state = 'reading'
    try {
      for (const [position, piece] of pieces.entries()) {
        if (position > 0) current = await data.read(piece.data, piece.range, { signal })
        if (current === undefined) throw disposed(key)
        yield* iterate(current.body)
        await current[Symbol.asyncDispose]()
      }
      state = 'whole'
    } catch (error) {
      throw readError(error, key)
    } finally {
      await close()
    }
  }
  // Descriptors are closed only after the iteration has ended: a worker may still be reading from them.
  let active: AsyncGenerator<unknown, void, undefined> | undefined
  const once = <T>(iterate: (body: LeaseStream) => AsyncIterable<T>) => {
    const generator = through(iterate)
    active ??= generator
    const pull = generator.next.bind(generator)
    generator.next = async () => {
      const step = await pull()
      // Disposed of in the middle: the loop that is still reading must not take that for the end.
      if (step.done === true && state === 'disposed') throw disposed(key)
      return step
    }
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
      if (state !== 'whole') state = 'disposed'
      await active?.return()
      // Returning a generator that never began runs none of it.
      await close()
    },
  }
}
