import { type ByteSource, exactBytes, withSignal } from '@millrace/byte-streams'
import { ObjectStoreError } from './errors.ts'

/**
 * Reads a body that is being put: refuses one that is longer or shorter than announced, gives up at once on abort even
 * while the source is silent, and closes the source on every end. Every backend reads its bodies through it.
 *
 * @param source - the body
 * @param options - `size` in bytes where it is known
 * @returns the same chunks
 * @throws {ObjectStoreError} `INCOMPLETE_BODY` when the size differs; `signal.reason` on abort; what the source throws
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkedBody } from '@millrace/object-store'
 *
 * await assert.rejects(async () => {
 *   for await (const chunk of checkedBody([new Uint8Array(3)], { size: 4 })) assert.equal(chunk.length, 3)
 * }, { code: 'INCOMPLETE_BODY' })
 * ```
 */
export function checkedBody(
  source: ByteSource,
  options: { readonly size?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, signal } = options
  const body = withSignal(source, signal)
  if (size === undefined) return body
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ObjectStoreError('INVALID_ARGUMENT', `Size must be a whole number: ${size}`)
  }
  return exactBytes(size, {
    createError: ({ kind, expected, seen }) =>
      new ObjectStoreError(
        'INCOMPLETE_BODY',
        kind === 'long'
          ? `Body was to have ${expected} bytes and has more`
          : `Body was to have ${expected} bytes and has only ${seen}`,
        { details: { expected, seen } },
      ),
  })(body)
}
