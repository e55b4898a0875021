/** What went wrong in a store, by meaning. `UNAVAILABLE` and `CONFLICT` are worth a retry; the rest is not. */
export type ObjectStoreErrorCode =
  | 'NOT_FOUND'
  | 'NO_SUCH_VERSION'
  | 'DELETE_MARKER'
  | 'NO_SUCH_BUCKET'
  | 'BUCKET_EXISTS'
  | 'BUCKET_NOT_EMPTY'
  | 'NO_SUCH_UPLOAD'
  | 'INVALID_PART'
  | 'INVALID_PART_ORDER'
  | 'PART_TOO_SMALL'
  | 'PRECONDITION_FAILED'
  | 'NOT_MODIFIED'
  | 'RANGE_NOT_SATISFIABLE'
  | 'INVALID_ARGUMENT'
  | 'INCOMPLETE_BODY'
  | 'CHECKSUM_MISMATCH'
  | 'ACCESS_DENIED'
  | 'CONFLICT'
  | 'CORRUPT'
  | 'UNAVAILABLE'
  | 'NO_SPACE'
  | 'NOT_SUPPORTED'
  | 'IO'

const RETRYABLE: ReadonlySet<ObjectStoreErrorCode> = new Set(['UNAVAILABLE', 'CONFLICT'])

/** The error of every store. Match it by `code`. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError'
  readonly code: ObjectStoreErrorCode
  readonly retryable: boolean
  /** What an answer needs beside the code: the size for 416, the ETag for 304, the delete marker's version. */
  readonly details: Readonly<Record<string, string | number | boolean>>

  constructor(
    code: ObjectStoreErrorCode,
    message: string,
    options: {
      readonly cause?: unknown
      readonly retryable?: boolean
      readonly details?: Readonly<Record<string, string | number | boolean>>
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? RETRYABLE.has(code)
    this.details = options.details ?? {}
  }
}
