import type { ByteRange } from '@millrace/range-planner'

/** What a {@link PwriteSinkError} reports. */
export type PwriteSinkErrorCode =
  | 'ERR_PWRITE_SINK_EXISTS'
  | 'ERR_PWRITE_SINK_NOT_A_FILE'
  | 'ERR_PWRITE_SINK_CANNOT_OPEN'
  | 'ERR_PWRITE_SINK_OVERLAP'
  | 'ERR_PWRITE_SINK_BEYOND_SIZE'
  | 'ERR_PWRITE_SINK_INCOMPLETE'
  | 'ERR_PWRITE_SINK_NO_SPACE'
  | 'ERR_PWRITE_SINK_IO'
  | 'ERR_PWRITE_SINK_NO_HARD_LINKS'
  | 'ERR_PWRITE_SINK_ABORTED'
  | 'ERR_PWRITE_SINK_CLOSED'

/**
 * A file that could not be written. Match on `code`; the system's own error is the `cause`.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { openPwriteSink } from '@millrace/pwrite-sink'
 *
 * await assert.rejects(openPwriteSink(process.execPath, { mode: 'create' }), {
 *   name: 'PwriteSinkError',
 *   code: 'ERR_PWRITE_SINK_EXISTS',
 *   retryable: false,
 * })
 * ```
 */
export class PwriteSinkError extends Error {
  override readonly name = 'PwriteSinkError'
  readonly code: PwriteSinkErrorCode
  /** Whether the same work may succeed when it is done again from the start. */
  readonly retryable: boolean
  /** The bytes that overlap, lie beyond the size, or are missing. */
  readonly ranges: readonly ByteRange[]

  constructor(
    code: PwriteSinkErrorCode,
    message: string,
    options: {
      readonly retryable?: boolean
      readonly ranges?: readonly ByteRange[]
      readonly cause?: unknown
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.retryable = options.retryable ?? false
    this.ranges = options.ranges ?? []
  }
}

/** @internal An argument that cannot be: thrown at the call. */
export function wrongArgument(message: string, kind: typeof RangeError = RangeError): Error {
  return Object.assign(new kind(message), { code: 'ERR_PWRITE_SINK_INVALID_ARGUMENT' })
}

/** @internal */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT'])

/** @internal Says in words what the system said in a code. */
export function describeFailure(step: string, path: string, cause: unknown): PwriteSinkError {
  if (cause instanceof PwriteSinkError) return cause
  const code = systemCode(cause)
  if (code !== undefined && NO_SPACE.has(code)) {
    const what = code === 'EDQUOT' ? 'the disk quota is used up' : 'no space is left on the device'
    return new PwriteSinkError('ERR_PWRITE_SINK_NO_SPACE', `Cannot ${step} ${path}: ${what}`, {
      cause,
    })
  }
  const what =
    code === 'EIO'
      ? 'the device reports an input or output error (EIO), check the disk'
      : cause instanceof Error
        ? cause.message
        : String(cause)
  return new PwriteSinkError('ERR_PWRITE_SINK_IO', `Cannot ${step} ${path}: ${what}`, { cause })
}

const NAMED = 8

/** @internal Ranges for a message: not more than a reader wants. */
export function nameRanges(ranges: readonly ByteRange[]): string {
  const named = ranges.slice(0, NAMED).map(({ start, end }) => `${start} to ${end}`)
  const rest = ranges.length - named.length
  return rest > 0 ? `${named.join(', ')} and ${rest} more` : named.join(', ')
}
