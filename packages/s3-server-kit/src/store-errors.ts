import type { AwsChunkedError } from '@millrace/aws-chunked'
import type { ObjectStoreError, ObjectStoreErrorCode } from '@millrace/object-store'
import { S3Error, type S3ErrorCode, formatHttpDate } from '@millrace/s3-protocol'
import type { SigV4Error } from '@millrace/sigv4'

const CODES: Readonly<Record<ObjectStoreErrorCode, S3ErrorCode>> = {
  NOT_FOUND: 'NoSuchKey',
  NO_SUCH_VERSION: 'NoSuchVersion',
  DELETE_MARKER: 'MethodNotAllowed',
  NO_SUCH_BUCKET: 'NoSuchBucket',
  BUCKET_EXISTS: 'BucketAlreadyExists',
  BUCKET_NOT_EMPTY: 'BucketNotEmpty',
  NO_SUCH_UPLOAD: 'NoSuchUpload',
  INVALID_PART: 'InvalidPart',
  INVALID_PART_ORDER: 'InvalidPartOrder',
  PART_TOO_SMALL: 'EntityTooSmall',
  PRECONDITION_FAILED: 'PreconditionFailed',
  NOT_MODIFIED: 'NotModified',
  RANGE_NOT_SATISFIABLE: 'InvalidRange',
  INVALID_ARGUMENT: 'InvalidArgument',
  INCOMPLETE_BODY: 'IncompleteBody',
  CHECKSUM_MISMATCH: 'BadDigest',
  ACCESS_DENIED: 'AccessDenied',
  CONFLICT: 'ConditionalRequestConflict',
  CORRUPT: 'InternalError',
  UNAVAILABLE: 'SlowDown',
  NO_SPACE: 'InsufficientStorage',
  NOT_SUPPORTED: 'NotImplemented',
  IO: 'InternalError',
}

/** Seconds after which a client may try again where too few volumes answer. */
export const RETRY_AFTER_SECONDS = 2

/**
 * What S3 calls an error of a store, of a body's framing or of a signature. Anything else goes through unchanged.
 *
 * The store's own message stays here: it may speak of paths and volumes.
 *
 * @param error - what was thrown
 * @param names - what the error is about
 * @returns an `S3Error`, or the error itself
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { ObjectStoreError } from '@millrace/object-store'
 * import { toS3Error } from '@millrace/s3-server-kit'
 *
 * const error = toS3Error(new ObjectStoreError('UNAVAILABLE', 'Two of four volumes'), { bucket: 'b', key: 'k' })
 * assert.equal((error as { status: number }).status, 503)
 * ```
 */
export function toS3Error(
  error: unknown,
  names: { readonly bucket: string; readonly key: string },
): unknown {
  if (!(error instanceof Error)) return error
  if (error.name === 'AwsChunkedError' || error.name === 'SigV4Error') {
    const { code, message } = error as AwsChunkedError | SigV4Error
    return new S3Error(code, { message, cause: error })
  }
  if (error.name !== 'ObjectStoreError') return error
  const { code, details } = error as ObjectStoreError
  const s3Code = codeOf(code, details)
  return new S3Error(s3Code, {
    details: elementsOf(s3Code, details, names),
    headers: headersOf(s3Code, details),
    cause: error,
    ...(code === 'INVALID_ARGUMENT' || code === 'CHECKSUM_MISMATCH'
      ? { message: error.message }
      : {}),
  })
}

type Details = ObjectStoreError['details']

function codeOf(code: ObjectStoreErrorCode, details: Details): S3ErrorCode {
  if (code === 'INVALID_ARGUMENT' && details['reason'] === 'KEY_TOO_LONG') return 'KeyTooLongError'
  if (code === 'RANGE_NOT_SATISFIABLE' && details['partNumber'] !== undefined) {
    return 'InvalidPartNumber'
  }
  return CODES[code]
}

function elementsOf(
  code: S3ErrorCode,
  details: Details,
  names: { readonly bucket: string; readonly key: string },
): Record<string, string> {
  switch (code) {
    case 'NoSuchBucket':
    case 'BucketNotEmpty':
    case 'BucketAlreadyExists':
      return { BucketName: names.bucket }
    case 'NoSuchKey':
    case 'NoSuchVersion':
      return { Key: names.key }
    case 'PreconditionFailed':
      return { Condition: String(details['condition'] ?? '') }
    case 'InvalidRange':
      return { ActualObjectSize: String(details['size']) }
    default:
      return {}
  }
}

function headersOf(code: S3ErrorCode, details: Details): Record<string, string> {
  const headers: Record<string, string> = {}
  const { etag, lastModified, size, versionId, deleteMarker } = details
  if (code === 'NotModified') {
    if (etag !== undefined) headers['ETag'] = `"${etag}"`
    if (typeof lastModified === 'number') headers['Last-Modified'] = formatHttpDate(lastModified)
  }
  if (code === 'InvalidRange' && size !== undefined) headers['Content-Range'] = `bytes */${size}`
  if (code === 'SlowDown') headers['Retry-After'] = String(RETRY_AFTER_SECONDS)
  if (deleteMarker === true) {
    headers['x-amz-delete-marker'] = 'true'
    if (versionId !== undefined) headers['x-amz-version-id'] = String(versionId)
    if (code === 'MethodNotAllowed') headers['Allow'] = 'DELETE'
  }
  return headers
}
