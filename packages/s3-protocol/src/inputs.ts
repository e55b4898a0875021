import {
  type BodyDigests,
  bodyDigestsOf,
  checksumAlgorithmOf,
  checksumTypeOf,
  statedChecksum,
  uploadChecksumOf,
} from './checksum-headers.ts'
import { parseEntityTags, readConditionsOf, writeConditionsOf } from './conditions.ts'
import { type CopySource, parseCopySource } from './copy-source.ts'
import { S3Error, invalidArgument } from './errors.ts'
import { S3_LIMITS } from './limits.ts'
import { listingInputs } from './listing-inputs.ts'
import { storedHeadersOf, userMetadataOf } from './object-headers.ts'
import type {
  BucketConfigurationName,
  BucketInput,
  ObjectConfigurationName,
  ObjectInput,
  OperationName,
  S3Inputs,
  UploadInput,
} from './operations.ts'
import type { Query } from './query.ts'
import { readObjectInput } from './read-inputs.ts'
import {
  type RequestHeaders,
  headerOf,
  partNumberOf,
  refuseAcl,
  refuseUnserved,
  wholeNumber,
} from './request-headers.ts'

/** A request with its names found and checked, before its query and headers are read. */
export interface NamedRequest {
  /** Empty where the target is the service. */
  readonly bucket: string
  /** Empty where the target is not an object. */
  readonly key: string
  readonly query: Query
  readonly headers: RequestHeaders
}

type Readers = { readonly [K in OperationName]: (request: NamedRequest) => S3Inputs[K] }

const bucketInput = ({ bucket }: NamedRequest): BucketInput => ({ bucket })

const objectInput = ({ bucket, key, query }: NamedRequest): ObjectInput => {
  const versionId = query.get('versionId')
  if (versionId === undefined) return { bucket, key }
  if (versionId === '') {
    throw invalidArgument('versionId', '', 'Version id cannot be the empty string')
  }
  return { bucket, key, versionId }
}

/** Writes make a version; they cannot name one. */
const written = ({ bucket, key, query }: NamedRequest): { bucket: string; key: string } => {
  for (const name of ['versionId', 'partNumber']) {
    const value = query.get(name)
    if (value !== undefined) {
      throw invalidArgument(name, value, 'This operation does not accept a query-string.')
    }
  }
  return { bucket, key }
}

const uploadInput = ({ bucket, key, query }: NamedRequest): UploadInput => {
  const uploadId = query.get('uploadId') ?? ''
  if (uploadId === '' || uploadId.length > 1024) throw new S3Error('NoSuchUpload')
  return { bucket, key, uploadId }
}

const partInput = (request: NamedRequest): UploadInput & { readonly partNumber: number } => ({
  ...uploadInput(request),
  partNumber: partNumberOf(request.query.get('partNumber') ?? ''),
})

const digests = ({ headers }: NamedRequest): { readonly digests: BodyDigests } => ({
  digests: bodyDigestsOf(headers),
})

const kept = (headers: RequestHeaders): Pick<S3Inputs['PutObject'], 'headers' | 'metadata'> => ({
  headers: storedHeadersOf(headers),
  metadata: userMetadataOf(headers),
})

const sourceOf = (
  headers: RequestHeaders,
): Pick<S3Inputs['CopyObject'], 'source' | 'sourceConditions'> => {
  const source: CopySource = parseCopySource(headerOf(headers, 'x-amz-copy-source') ?? '')
  const sourceConditions = readConditionsOf(headers, 'x-amz-copy-source-')
  return sourceConditions === undefined ? { source } : { source, sourceConditions }
}

const writeConditions = (headers: RequestHeaders): Pick<S3Inputs['PutObject'], 'conditions'> => {
  const conditions = writeConditionsOf(headers)
  return conditions === undefined ? {} : { conditions }
}

function replacesMetadata(headers: RequestHeaders): boolean {
  const directive = headerOf(headers, 'x-amz-metadata-directive') ?? 'COPY'
  if (directive !== 'COPY' && directive !== 'REPLACE') {
    throw invalidArgument('x-amz-metadata-directive', directive, 'Unknown metadata directive.')
  }
  return directive === 'REPLACE'
}

function sourceRangeOf(
  headers: RequestHeaders,
): { readonly start: number; readonly end: number } | undefined {
  const text = headerOf(headers, 'x-amz-copy-source-range')
  if (text === undefined) return undefined
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text)
  const start = Number(match?.[1])
  const last = Number(match?.[2])
  if (match === null || last < start) {
    throw invalidArgument(
      'x-amz-copy-source-range',
      text,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    )
  }
  return { start, end: last + 1 }
}

const bucketReaders = {
  CreateBucket: (request) => {
    refuseAcl(request.headers)
    if (headerOf(request.headers, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
      throw new S3Error('NotImplemented', {
        details: { Header: 'x-amz-bucket-object-lock-enabled' },
      })
    }
    return { ...bucketInput(request), ...digests(request) }
  },
  HeadBucket: bucketInput,
  DeleteBucket: bucketInput,
  GetBucketLocation: bucketInput,
  DeleteObjects: (request) => ({ ...bucketInput(request), ...digests(request) }),
} satisfies Partial<Readers>

const objectReaders = {
  GetObject: (request) => readObjectInput(objectInput(request), request),
  HeadObject: (request) => readObjectInput(objectInput(request), request),
  GetObjectAttributes: (request) => {
    const names = headerOf(request.headers, 'x-amz-object-attributes') ?? ''
    const attributes = new Set(names.split(',').map((name) => name.trim()))
    for (const name of attributes) {
      if (!ATTRIBUTES.has(name)) {
        throw invalidArgument('x-amz-object-attributes', name, 'Invalid attribute name specified.')
      }
    }
    const { headers } = request
    return {
      ...objectInput(request),
      attributes,
      maxParts: wholeNumber('x-amz-max-parts', headerOf(headers, 'x-amz-max-parts'), PAGE),
      partNumberMarker: wholeNumber(
        'x-amz-part-number-marker',
        headerOf(headers, 'x-amz-part-number-marker'),
        MARKER,
      ),
    }
  },
  PutObject: (request) => {
    refuseUnserved(request.headers)
    return {
      ...written(request),
      ...kept(request.headers),
      ...writeConditions(request.headers),
      ...digests(request),
    }
  },
  CopyObject: (request) => {
    const { headers } = request
    refuseUnserved(headers)
    const algorithm = headerOf(headers, 'x-amz-checksum-algorithm')
    return {
      ...written(request),
      ...kept(headers),
      ...writeConditions(headers),
      ...sourceOf(headers),
      replaceMetadata: replacesMetadata(headers),
      ...(algorithm === undefined
        ? {}
        : { checksumAlgorithm: checksumAlgorithmOf('x-amz-checksum-algorithm', algorithm) }),
    }
  },
  DeleteObject: (request) => {
    const ifMatch = headerOf(request.headers, 'if-match')
    const tags = ifMatch === undefined ? undefined : parseEntityTags(ifMatch)
    const input = objectInput(request)
    if (tags === undefined) return input
    return { ...input, ifMatch: tags === '*' ? '*' : (tags[0] ?? '') }
  },
} satisfies Partial<Readers>

const uploadReaders = {
  CreateMultipartUpload: (request) => {
    refuseUnserved(request.headers)
    const checksum = uploadChecksumOf(request.headers)
    return {
      ...written(request),
      ...kept(request.headers),
      ...(checksum === undefined ? {} : { checksum }),
    }
  },
  UploadPart: (request) => ({ ...partInput(request), ...digests(request) }),
  UploadPartCopy: (request) => {
    const sourceRange = sourceRangeOf(request.headers)
    return {
      ...partInput(request),
      ...sourceOf(request.headers),
      ...(sourceRange === undefined ? {} : { sourceRange }),
    }
  },
  CompleteMultipartUpload: (request) => {
    const { headers } = request
    const checksum = statedChecksum(headers)
    const checksumType = checksumTypeOf(headers)
    const size = headerOf(headers, 'x-amz-mp-object-size')
    return {
      ...uploadInput(request),
      ...writeConditions(headers),
      ...(checksum === undefined ? {} : { checksum }),
      ...(checksumType === undefined ? {} : { checksumType }),
      ...(size === undefined
        ? {}
        : { objectSize: wholeNumber('x-amz-mp-object-size', size, OBJECT_SIZE) }),
    }
  },
  AbortMultipartUpload: uploadInput,
  ListParts: (request) => ({
    ...uploadInput(request),
    partNumberMarker: wholeNumber(
      'part-number-marker',
      request.query.get('part-number-marker'),
      MARKER,
    ),
    maxParts: wholeNumber('max-parts', request.query.get('max-parts'), PAGE),
  }),
} satisfies Partial<Readers>

const PAGE = { min: 0, max: S3_LIMITS.pageSize, fallback: S3_LIMITS.pageSize }
const MARKER = { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 }
const OBJECT_SIZE = { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 }
const ATTRIBUTES: ReadonlySet<string> = new Set([
  'ETag',
  'Checksum',
  'ObjectParts',
  'StorageClass',
  'ObjectSize',
])

const BUCKET_CONFIGURATIONS: readonly BucketConfigurationName[] = [
  'GetBucketAccelerateConfiguration',
  'GetBucketAcl',
  'GetBucketCors',
  'GetBucketEncryption',
  'GetBucketLifecycleConfiguration',
  'GetBucketLogging',
  'GetBucketNotificationConfiguration',
  'GetBucketOwnershipControls',
  'GetBucketPolicy',
  'GetBucketPolicyStatus',
  'GetBucketReplication',
  'GetBucketRequestPayment',
  'GetBucketTagging',
  'GetBucketVersioning',
  'GetBucketWebsite',
  'GetObjectLockConfiguration',
  'GetPublicAccessBlock',
]

const OBJECT_CONFIGURATIONS: readonly ObjectConfigurationName[] = [
  'GetObjectAcl',
  'GetObjectLegalHold',
  'GetObjectRetention',
  'GetObjectTagging',
]

/** How each operation's input is read from its request. */
export const INPUT_READERS: Readers = {
  ...(Object.fromEntries(BUCKET_CONFIGURATIONS.map((name) => [name, bucketInput])) as {
    [K in BucketConfigurationName]: typeof bucketInput
  }),
  ...(Object.fromEntries(OBJECT_CONFIGURATIONS.map((name) => [name, objectInput])) as {
    [K in ObjectConfigurationName]: typeof objectInput
  }),
  ...bucketReaders,
  ...objectReaders,
  ...uploadReaders,
  ...listingInputs,
}
