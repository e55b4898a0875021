/** What a {@link DecodeStreamError} reports. */
export type DecodeStreamErrorCode = 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS'

/**
 * A stripe that cannot be read: fewer than k of its shards are there and right. Match on `code`, not on the class.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeStripes } from '@millrace/ec-decode-stream'
 * import { openWorkerLanes } from '@millrace/worker-lanes'
 *
 * const scheme = { k: 1, m: 1 }
 * const lanes = openWorkerLanes({ scheme, unit: 4096, threads: 1 })
 * const body = decodeStripes({ scheme, lanes, unit: 4096, size: 1, shards: [undefined, undefined] })
 * const reading = (async () => {
 *   for await (const chunk of body) assert.fail(`${chunk.length} bytes out of nothing`)
 * })()
 * await assert.rejects(reading, { code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS' })
 * await lanes.close()
 * ```
 */
export class DecodeStreamError extends Error {
  override readonly name = 'DecodeStreamError'
  readonly code: DecodeStreamErrorCode
  /** Whether it may go better later: when some shard was missing or could not be read, rather than wrong. */
  readonly retryable: boolean

  constructor(
    code: DecodeStreamErrorCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable
  }
}

const INVALID_ARGUMENT = 'ERR_EC_DECODE_STREAM_INVALID_ARGUMENT'

/** @internal An argument of the right kind with a value that cannot be. */
export function outOfRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: INVALID_ARGUMENT })
}

/** @internal An argument of the wrong kind. */
export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: INVALID_ARGUMENT })
}
