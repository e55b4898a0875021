/** How S3 answers an error: the status line's code, and the message where nobody knows a better one. */
export interface S3ErrorEntry {
  readonly status: number
  readonly message: string
}

const entry = (status: number, message: string): S3ErrorEntry => ({ status, message })

/** The codes that S3 answers with, as far as a server of this kit has use for them. */
export type S3ErrorCode =
  | 'AccessControlListNotSupported'
  | 'AccessDenied'
  | 'AccessForbidden'
  | 'AuthorizationHeaderMalformed'
  | 'AuthorizationQueryParametersError'
  | 'BadDigest'
  | 'BucketAlreadyExists'
  | 'BucketAlreadyOwnedByYou'
  | 'BucketNotEmpty'
  | 'ConditionalRequestConflict'
  | 'EntityTooLarge'
  | 'EntityTooSmall'
  | 'ExpiredToken'
  | 'IllegalLocationConstraintException'
  | 'IncompleteBody'
  | 'InsufficientStorage'
  | 'InternalError'
  | 'InvalidAccessKeyId'
  | 'InvalidArgument'
  | 'InvalidBucketName'
  | 'InvalidBucketState'
  | 'InvalidChunkSizeError'
  | 'InvalidDigest'
  | 'InvalidEncryptionAlgorithmError'
  | 'InvalidLocationConstraint'
  | 'InvalidPart'
  | 'InvalidPartNumber'
  | 'InvalidPartOrder'
  | 'InvalidPolicyDocument'
  | 'InvalidRange'
  | 'InvalidRequest'
  | 'InvalidRetentionPeriod'
  | 'InvalidStorageClass'
  | 'InvalidTag'
  | 'InvalidToken'
  | 'InvalidURI'
  | 'KMS.DisabledException'
  | 'KMS.InvalidKeyUsageException'
  | 'KMS.NotFoundException'
  | 'KeyTooLongError'
  | 'MalformedDate'
  | 'MalformedPOSTRequest'
  | 'MalformedPolicy'
  | 'MalformedTrailerError'
  | 'MalformedXML'
  | 'MaxMessageLengthExceeded'
  | 'MaxPostPreDataLengthExceededError'
  | 'MetadataTooLarge'
  | 'MethodNotAllowed'
  | 'MissingContentLength'
  | 'MissingFields'
  | 'MissingRequestBodyError'
  | 'NoSuchBucket'
  | 'NoSuchBucketPolicy'
  | 'NoSuchCORSConfiguration'
  | 'NoSuchConfiguration'
  | 'NoSuchKey'
  | 'NoSuchLifecycleConfiguration'
  | 'NoSuchObjectLegalHold'
  | 'NoSuchObjectLockConfiguration'
  | 'NoSuchPublicAccessBlockConfiguration'
  | 'NoSuchTagSet'
  | 'NoSuchUpload'
  | 'NoSuchVersion'
  | 'NoSuchWebsiteConfiguration'
  | 'NotImplemented'
  | 'NotModified'
  | 'ObjectLockConfigurationNotFoundError'
  | 'OwnershipControlsNotFoundError'
  | 'PolicyTooLarge'
  | 'PostPolicyInvalidKeyName'
  | 'PreconditionFailed'
  | 'ReplicationConfigurationNotFoundError'
  | 'RequestHeaderSectionTooLarge'
  | 'RequestTimeTooSkewed'
  | 'RequestTimeout'
  | 'ServerSideEncryptionConfigurationNotFoundError'
  | 'ServiceUnavailable'
  | 'SignatureDoesNotMatch'
  | 'SlowDown'
  | 'TooManyBuckets'
  | 'UnexpectedContent'
  | 'XAmzContentSHA256Mismatch'

/**
 * Every code with its status and default message.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @example The status of a code
 * ```ts
 * import assert from 'node:assert/strict'
 * import { S3_ERRORS } from '@millrace/s3-protocol'
 *
 * assert.equal(S3_ERRORS.NoSuchKey.status, 404)
 * assert.equal(S3_ERRORS.SlowDown.status, 503)
 * ```
 */
export const S3_ERRORS: Readonly<Record<S3ErrorCode, S3ErrorEntry>> = {
  AccessControlListNotSupported: entry(400, 'The bucket does not allow ACLs'),
  AccessDenied: entry(403, 'Access Denied'),
  AccessForbidden: entry(403, 'CORSResponse: CORS is not enabled for this bucket.'),
  AuthorizationHeaderMalformed: entry(
    400,
    'The authorization header that you provided is not valid.',
  ),
  AuthorizationQueryParametersError: entry(
    400,
    'The authorization query parameters that you provided are not valid.',
  ),
  BadDigest: entry(
    400,
    'The Content-MD5 or checksum value that you specified did not match what the server received.',
  ),
  BucketAlreadyExists: entry(
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Specify a different name and try again.',
  ),
  BucketAlreadyOwnedByYou: entry(
    409,
    'The bucket that you tried to create already exists, and you own it.',
  ),
  BucketNotEmpty: entry(409, 'The bucket that you tried to delete is not empty.'),
  ConditionalRequestConflict: entry(
    409,
    'A conflicting operation occurred during the request. Retry the upload.',
  ),
  EntityTooLarge: entry(400, 'Your proposed upload exceeds the maximum allowed object size.'),
  EntityTooSmall: entry(
    400,
    'Your proposed upload is smaller than the minimum allowed object size.',
  ),
  ExpiredToken: entry(400, 'The provided token has expired.'),
  IllegalLocationConstraintException: entry(
    400,
    'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
  ),
  IncompleteBody: entry(
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  ),
  InsufficientStorage: entry(507, 'There is not enough space to store the object.'),
  InternalError: entry(500, 'We encountered an internal error. Please try again.'),
  InvalidAccessKeyId: entry(
    403,
    'The AWS access key ID that you provided does not exist in our records.',
  ),
  InvalidArgument: entry(400, 'Invalid Argument'),
  InvalidBucketName: entry(400, 'The specified bucket is not valid.'),
  InvalidBucketState: entry(409, 'The request is not valid for the current state of the bucket.'),
  InvalidChunkSizeError: entry(
    400,
    'Only the last chunk is allowed to have a size less than 8192 bytes',
  ),
  InvalidDigest: entry(400, 'The Content-MD5 or checksum value that you specified is not valid.'),
  InvalidEncryptionAlgorithmError: entry(
    400,
    'The encryption request that you specified is not valid.',
  ),
  InvalidLocationConstraint: entry(400, 'The specified location (Region) constraint is not valid.'),
  InvalidPart: entry(
    400,
    "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
  ),
  InvalidPartNumber: entry(416, 'The requested partnumber is not satisfiable'),
  InvalidPartOrder: entry(
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  ),
  InvalidPolicyDocument: entry(
    400,
    'The content of the form does not meet the conditions specified in the policy document.',
  ),
  InvalidRange: entry(416, 'The requested range is not satisfiable'),
  InvalidRequest: entry(400, 'Invalid Request'),
  InvalidRetentionPeriod: entry(400, 'The retention period must be a positive number.'),
  InvalidStorageClass: entry(400, 'The storage class that you specified is not valid.'),
  InvalidTag: entry(400, 'The tag provided was not a valid tag.'),
  InvalidToken: entry(400, 'The provided token is malformed or otherwise not valid.'),
  InvalidURI: entry(400, 'The specified URI could not be parsed.'),
  'KMS.DisabledException': entry(
    400,
    'The request was rejected because the specified KMS key is not enabled.',
  ),
  'KMS.InvalidKeyUsageException': entry(
    400,
    'The request was rejected because the KMS key cannot be used for this operation.',
  ),
  'KMS.NotFoundException': entry(
    404,
    'The request was rejected because the specified KMS key could not be found.',
  ),
  KeyTooLongError: entry(400, 'Your key is too long.'),
  MalformedDate: entry(
    400,
    'Invalid date format header; expected to be in ISO8601, RFC822, or RFC1123 format.',
  ),
  MalformedPOSTRequest: entry(
    400,
    'The body of your POST request is not well-formed multipart/form-data.',
  ),
  MalformedPolicy: entry(400, 'The policy has invalid syntax.'),
  MalformedTrailerError: entry(
    400,
    'The request contained trailing data that was not well-formed or did not conform to the published schema.',
  ),
  MalformedXML: entry(
    400,
    'The XML that you provided was not well formed or did not validate against our published schema.',
  ),
  MaxMessageLengthExceeded: entry(400, 'Your request was too large.'),
  MaxPostPreDataLengthExceededError: entry(
    400,
    'Your POST request fields preceding the upload file were too large.',
  ),
  MetadataTooLarge: entry(400, 'Your metadata headers exceed the maximum allowed metadata size.'),
  MethodNotAllowed: entry(405, 'The specified method is not allowed against this resource.'),
  MissingContentLength: entry(411, 'You must provide the Content-Length HTTP header.'),
  MissingFields: entry(400, 'Your request is missing required fields.'),
  MissingRequestBodyError: entry(400, 'You sent an empty XML document as a request.'),
  NoSuchBucket: entry(404, 'The specified bucket does not exist'),
  NoSuchBucketPolicy: entry(404, 'The bucket policy does not exist'),
  NoSuchCORSConfiguration: entry(404, 'The CORS configuration does not exist'),
  NoSuchConfiguration: entry(404, 'The specified configuration does not exist.'),
  NoSuchKey: entry(404, 'The specified key does not exist.'),
  NoSuchLifecycleConfiguration: entry(404, 'The lifecycle configuration does not exist'),
  NoSuchObjectLegalHold: entry(404, 'The specified object does not have a legal hold.'),
  NoSuchObjectLockConfiguration: entry(
    404,
    'The specified object does not have an ObjectLock configuration',
  ),
  NoSuchPublicAccessBlockConfiguration: entry(
    404,
    'The public access block configuration was not found',
  ),
  NoSuchTagSet: entry(404, 'The TagSet does not exist'),
  NoSuchUpload: entry(
    404,
    'The specified multipart upload does not exist. The upload ID might not be valid, or the multipart upload might have been aborted or completed.',
  ),
  NoSuchVersion: entry(
    404,
    'The version ID specified in the request does not match an existing version.',
  ),
  NoSuchWebsiteConfiguration: entry(
    404,
    'The specified bucket does not have a website configuration',
  ),
  NotImplemented: entry(
    501,
    'A header or query you provided implies functionality that is not implemented',
  ),
  NotModified: entry(304, 'Not Modified'),
  ObjectLockConfigurationNotFoundError: entry(
    404,
    'Object Lock configuration does not exist for this bucket',
  ),
  OwnershipControlsNotFoundError: entry(404, 'The bucket ownership controls were not found'),
  PolicyTooLarge: entry(400, 'The policy is larger than the maximum allowed size.'),
  PostPolicyInvalidKeyName: entry(
    403,
    'Invalid according to Policy: Policy Condition failed: the key name is not valid.',
  ),
  PreconditionFailed: entry(412, 'At least one of the pre-conditions you specified did not hold'),
  ReplicationConfigurationNotFoundError: entry(404, 'The replication configuration was not found'),
  RequestHeaderSectionTooLarge: entry(
    400,
    'Your request header section exceeds the maximum allowed size.',
  ),
  RequestTimeTooSkewed: entry(
    403,
    "The difference between the request time and the server's time is too large.",
  ),
  RequestTimeout: entry(
    400,
    'Your socket connection to the server was not read from or written to within the timeout period.',
  ),
  ServerSideEncryptionConfigurationNotFoundError: entry(
    404,
    'The server side encryption configuration was not found',
  ),
  ServiceUnavailable: entry(503, 'Service is unable to handle request.'),
  SignatureDoesNotMatch: entry(
    403,
    'The request signature that the server calculated does not match the signature that you provided. Check your secret access key and signing method.',
  ),
  SlowDown: entry(503, 'Please reduce your request rate.'),
  TooManyBuckets: entry(400, 'You have attempted to create more buckets than are allowed.'),
  UnexpectedContent: entry(400, 'This request contains unsupported content.'),
  XAmzContentSHA256Mismatch: entry(
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ),
}
