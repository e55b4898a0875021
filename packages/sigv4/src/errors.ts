/** The S3 error codes with which a signature is refused. */
export type SigV4ErrorCode =
  | 'AccessDenied'
  | 'AuthorizationHeaderMalformed'
  | 'AuthorizationQueryParametersError'
  | 'InvalidAccessKeyId'
  | 'InvalidArgument'
  | 'InvalidRequest'
  | 'InvalidToken'
  | 'InvalidURI'
  | 'NotImplemented'
  | 'RequestTimeTooSkewed'
  | 'SignatureDoesNotMatch'

const STATUS: Readonly<Record<SigV4ErrorCode, number>> = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidRequest: 400,
  InvalidToken: 400,
  InvalidURI: 400,
  NotImplemented: 501,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
}

/**
 * A request whose signature was refused: `code` and `status` are those of S3's error answer.
 *
 * `fields` are the further elements of S3's error XML (`StringToSign`, `HeadersNotSigned`, `Region`, ...). They never
 * hold a secret, a signing key or the signature that would have been right.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @example Answer with the code and status
 * ```ts
 * import assert from 'node:assert/strict'
 * import { SigV4Error } from '@millrace/sigv4'
 *
 * const error = new SigV4Error('SignatureDoesNotMatch', 'The signature does not match')
 * assert.equal(error.status, 403)
 * assert.equal(error.retryable, false)
 * ```
 */
export class SigV4Error extends Error {
  override readonly name = 'SigV4Error'
  readonly retryable = false
  readonly code: SigV4ErrorCode
  readonly status: number
  readonly fields: Readonly<Record<string, string>>

  /**
   * @param code S3's error code; it decides the status.
   * @param message What was wrong, fit for the client to read.
   * @param fields Further elements for the error XML.
   */
  constructor(
    code: SigV4ErrorCode,
    message: string,
    fields: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.status = STATUS[code]
    this.fields = fields
  }
}

/** @internal A `TypeError` or `RangeError` about the caller's own arguments, with a code to match. */
export function argumentError(
  Kind: typeof TypeError | typeof RangeError,
  message: string,
): TypeError & { readonly code: 'ERR_SIGV4_INVALID_ARGUMENT' } {
  return Object.assign(new Kind(message), { code: 'ERR_SIGV4_INVALID_ARGUMENT' as const })
}
