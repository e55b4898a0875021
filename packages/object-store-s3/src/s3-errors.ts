import { ObjectStoreError, type ObjectStoreErrorCode } from '@millrace/object-store'
import { type HttpAnswer, readErrorBody, unquoteEtag } from '@millrace/object-store/http'
import { parseAnswer, textOf } from './xml.ts'

const BY_CODE: Readonly<Record<string, ObjectStoreErrorCode>> = {
  NoSuchKey: 'NOT_FOUND',
  NoSuchVersion: 'NO_SUCH_VERSION',
  NoSuchBucket: 'NO_SUCH_BUCKET',
  NoSuchUpload: 'NO_SUCH_UPLOAD',
  BucketAlreadyExists: 'BUCKET_EXISTS',
  BucketAlreadyOwnedByYou: 'BUCKET_EXISTS',
  BucketNotEmpty: 'BUCKET_NOT_EMPTY',
  InvalidPart: 'INVALID_PART',
  InvalidPartOrder: 'INVALID_PART_ORDER',
  EntityTooSmall: 'PART_TOO_SMALL',
  InvalidPartNumber: 'RANGE_NOT_SATISFIABLE',
  PreconditionFailed: 'PRECONDITION_FAILED',
  InvalidRange: 'RANGE_NOT_SATISFIABLE',
  KeyTooLongError: 'INVALID_ARGUMENT',
  InvalidArgument: 'INVALID_ARGUMENT',
  InvalidRequest: 'INVALID_ARGUMENT',
  InvalidBucketName: 'INVALID_ARGUMENT',
  MalformedXML: 'INVALID_ARGUMENT',
  IncompleteBody: 'INCOMPLETE_BODY',
  BadDigest: 'CHECKSUM_MISMATCH',
  InvalidDigest: 'INVALID_ARGUMENT',
  XAmzContentSHA256Mismatch: 'CHECKSUM_MISMATCH',
  AccessDenied: 'ACCESS_DENIED',
  InvalidAccessKeyId: 'ACCESS_DENIED',
  SignatureDoesNotMatch: 'ACCESS_DENIED',
  ExpiredToken: 'ACCESS_DENIED',
  RequestTimeTooSkewed: 'ACCESS_DENIED',
  ConditionalRequestConflict: 'CONFLICT',
  OperationAborted: 'CONFLICT',
  RequestTimeout: 'UNAVAILABLE',
  SlowDown: 'UNAVAILABLE',
  ServiceUnavailable: 'UNAVAILABLE',
  InternalError: 'UNAVAILABLE',
  NotImplemented: 'NOT_SUPPORTED',
  InsufficientStorage: 'NO_SPACE',
  XMinioStorageFull: 'NO_SPACE',
  QuotaExceeded: 'NO_SPACE',
}

const BY_STATUS: Readonly<Record<number, ObjectStoreErrorCode>> = {
  304: 'NOT_MODIFIED',
  400: 'INVALID_ARGUMENT',
  401: 'ACCESS_DENIED',
  403: 'ACCESS_DENIED',
  404: 'NOT_FOUND',
  405: 'NOT_SUPPORTED',
  408: 'UNAVAILABLE',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
  416: 'RANGE_NOT_SATISFIABLE',
  429: 'UNAVAILABLE',
  501: 'NOT_SUPPORTED',
  507: 'NO_SPACE',
}

/** What a request was about, for errors whose answer has no body (HEAD, 304). */
export interface ErrorContext {
  /** For the message: `get bucket/key`. */
  readonly what: string
  readonly versionId?: string | undefined
}

/**
 * Makes an {@link ObjectStoreError} of an answer that is an error, and closes its body.
 *
 * @param answer - with a status that was not expected
 * @param context - what was asked
 * @returns the error, to be thrown; `details.s3Code` has S3's own code where the body told it
 */
export async function errorOf(
  answer: HttpAnswer,
  context: ErrorContext,
): Promise<ObjectStoreError> {
  return errorFrom(answer.status, answer.headers, await readErrorBody(answer.body), context)
}

/** The same from a body that was read already. */
export function errorFrom(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  context: ErrorContext,
): ObjectStoreError {
  const { s3Code, message, region } = readError(body)
  if (status >= 301 && status <= 308 && status !== 304) {
    return redirected(headers, region, context)
  }
  let code =
    (s3Code === undefined ? undefined : BY_CODE[s3Code]) ??
    BY_STATUS[status] ??
    (status >= 500 ? 'UNAVAILABLE' : 'IO')
  const marker = headers['x-amz-delete-marker'] === 'true'
  if (context.versionId !== undefined) {
    if (marker && status === 405) code = 'DELETE_MARKER'
    else if (code === 'NOT_FOUND') code = 'NO_SUCH_VERSION'
  }
  const size = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]
  const etag = headers['etag']
  const versionId = headers['x-amz-version-id']
  return new ObjectStoreError(
    code,
    `${message ?? (s3Code ? s3Code : `Server answered ${status}`)}: ${context.what}`,
    {
      details: {
        status,
        ...(s3Code === undefined ? {} : { s3Code }),
        ...(region === undefined ? {} : { region }),
        ...(size === undefined ? {} : { size: Number(size) }),
        ...(etag === undefined ? {} : { etag: unquoteEtag(etag) }),
        ...(marker ? { deleteMarker: true } : {}),
        ...(versionId === undefined ? {} : { versionId }),
      },
    },
  )
}

/** Redirects are not followed: the request is signed for one host, and its credentials are for that host only. */
function redirected(
  headers: Readonly<Record<string, string>>,
  region: string | undefined,
  context: ErrorContext,
): ObjectStoreError {
  const right = region ?? headers['x-amz-bucket-region']
  const location = headers['location']
  return new ObjectStoreError(
    'IO',
    right === undefined
      ? `Server redirects${location ? ` to ${hostOf(location)}` : ''}, use that endpoint: ${context.what}`
      : `Bucket is in another region, use region ${right}: ${context.what}`,
    { details: right === undefined ? {} : { region: right } },
  )
}

function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).origin : location
}

function readError(body: string): { s3Code?: string; message?: string; region?: string } {
  if (!body.includes('<Error')) return {}
  try {
    const root = parseAnswer(body)
    const s3Code = textOf(root, 'Code')
    const message = textOf(root, 'Message')
    const region = textOf(root, 'Region')
    return {
      ...(s3Code ? { s3Code } : {}),
      ...(message ? { message: message.replace(/\.$/, '') } : {}),
      ...(region ? { region } : {}),
    }
  } catch {
    // A proxy's page or a cut-off body: the status alone says what happened.
    return {}
  }
}
