import { checkChunk, checkSize } from './errors.ts'
import type { ByteSource } from './index.ts'
import { limitBytes } from './limit-bytes.ts'
import { withSignal } from './with-signal.ts'

/** What {@link collect} takes at most unless it is told otherwise: 64 MiB. */
export const DEFAULT_COLLECT_LIMIT: number = 64 * 1024 * 1024

/** Options of {@link collect}. */
export interface CollectOptions {
  /**
   * Most bytes to take.
   * @default DEFAULT_COLLECT_LIMIT
   */
  readonly maxBytes?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Gathers a whole stream in memory, up to a limit.
 *
 * @param source chunks of bytes
 * @param options see {@link CollectOptions}
 * @returns all bytes in one array of their own, never a view of a chunk
 * @throws {ByteStreamError} `ERR_BYTE_STREAMS_TOO_LONG` beyond `maxBytes`; `signal.reason` on abort; and
 * `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect } from '@millrace/byte-streams'
 *
 * const bytes = await collect([Uint8Array.of(1, 2), Uint8Array.of(3)], { maxBytes: 1024 })
 * assert.deepEqual([...bytes], [1, 2, 3])
 * ```
 */
export function collect(source: ByteSource, options: CollectOptions = {}): Promise<Uint8Array> {
  const { maxBytes = DEFAULT_COLLECT_LIMIT, signal } = options
  checkSize('maxBytes', maxBytes, 0)
  return gather(limitBytes(maxBytes)(withSignal(source, signal)))
}

async function gather(source: ByteSource): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return concatBytes(chunks)
}

/**
 * Joins chunks into one array.
 *
 * @param chunks bytes in order
 * @returns a new array, never a view
 * @throws {ByteStreamError} `ERR_BYTE_STREAMS_NOT_BYTES` for a chunk that is not bytes
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { concatBytes } from '@millrace/byte-streams'
 *
 * assert.deepEqual(concatBytes([Uint8Array.of(1), Uint8Array.of(2)]), Uint8Array.of(1, 2))
 * ```
 */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const chunk of chunks) {
    checkChunk(chunk)
    length += chunk.byteLength
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
