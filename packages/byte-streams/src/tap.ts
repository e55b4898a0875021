import { checkFunction } from './errors.ts'
import type { ByteSource, ByteStage } from './index.ts'
import { checkSource } from './source.ts'

/**
 * Shows each chunk to `fn` before it is passed on, unchanged and uncopied. A promise that `fn` returns is waited for, so
 * that a slow observer slows the pipe; what it throws ends the pipe.
 *
 * @param fn sees each chunk; must not write to it
 * @returns a transform
 * @throws {TypeError} `ERR_BYTE_STREAMS_INVALID_ARGUMENT` at the call
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { collect, tap } from '@millrace/byte-streams'
 *
 * let bytes = 0
 * await collect(tap((chunk) => void (bytes += chunk.length))([new Uint8Array(5)]))
 * assert.equal(bytes, 5)
 * ```
 */
export function tap(fn: (chunk: Uint8Array) => unknown): ByteStage {
  checkFunction('fn', fn)
  return (source) => {
    checkSource(source)
    return tapped(source, fn)
  }
}

async function* tapped(
  source: ByteSource,
  fn: (chunk: Uint8Array) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    const seen = fn(chunk)
    if (seen instanceof Promise) await seen
    yield chunk
  }
}
