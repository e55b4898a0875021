import { invalidArgument } from './errors.ts'
import type { NamedRequest } from './inputs.ts'
import { S3_LIMITS } from './limits.ts'
import type { ListingInput, S3Inputs } from './operations.ts'
import type { Query } from './query.ts'
import { wholeNumber } from './request-headers.ts'
import { decodeContinuationToken } from './tokens.ts'

type ListingName =
  | 'ListBuckets'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'ListObjectVersions'
  | 'ListMultipartUploads'

const PAGE = { min: 0, max: S3_LIMITS.pageSize, fallback: S3_LIMITS.pageSize }
const BUCKETS = { min: 1, max: S3_LIMITS.bucketPageSize, fallback: S3_LIMITS.bucketPageSize }

function listing(
  { bucket, query }: NamedRequest,
  maximum: 'max-keys' | 'max-uploads',
): ListingInput {
  const encoding = query.get('encoding-type')
  if (encoding !== undefined && encoding.toLowerCase() !== 'url') {
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request')
  }
  const base = {
    bucket,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: wholeNumber(maximum, query.get(maximum), PAGE),
  }
  return encoding === undefined ? base : { ...base, encodingType: 'url' }
}

function afterOf(
  query: Query,
): Pick<S3Inputs['ListObjectsV2'], 'after' | 'startAfter' | 'continuationToken'> {
  const startAfter = query.get('start-after')
  const continuationToken = query.get('continuation-token')
  if (continuationToken === '') {
    throw invalidArgument('continuation-token', '', 'The continuation token provided is incorrect')
  }
  return {
    after:
      continuationToken === undefined
        ? (startAfter ?? '')
        : decodeContinuationToken(continuationToken),
    ...(startAfter === undefined ? {} : { startAfter }),
    ...(continuationToken === undefined ? {} : { continuationToken }),
  }
}

/** How the inputs of the listings are read. */
export const listingInputs: {
  readonly [K in ListingName]: (request: NamedRequest) => S3Inputs[K]
} = {
  ListBuckets: ({ query }) => {
    const token = query.get('continuation-token')
    return {
      prefix: query.get('prefix') ?? '',
      maxBuckets: wholeNumber('max-buckets', query.get('max-buckets'), BUCKETS),
      startAfter: token === undefined ? '' : decodeContinuationToken(token),
      paged: query.has('max-buckets'),
    }
  },
  ListObjects: (request) => ({
    ...listing(request, 'max-keys'),
    marker: request.query.get('marker') ?? '',
  }),
  ListObjectsV2: (request) => ({
    ...listing(request, 'max-keys'),
    ...afterOf(request.query),
    fetchOwner: request.query.get('fetch-owner') === 'true',
  }),
  ListObjectVersions: (request) => {
    const keyMarker = request.query.get('key-marker') ?? ''
    const marker = request.query.get('version-id-marker')
    if (marker !== undefined && (marker === '' || keyMarker === '')) {
      throw invalidArgument(
        'version-id-marker',
        marker,
        marker === ''
          ? 'A version-id marker cannot be empty.'
          : 'A version-id marker cannot be specified without a key marker.',
      )
    }
    return {
      ...listing(request, 'max-keys'),
      keyMarker,
      ...(marker === undefined ? {} : { versionIdMarker: marker }),
    }
  },
  ListMultipartUploads: (request) => {
    const marker = request.query.get('upload-id-marker')
    return {
      ...listing(request, 'max-uploads'),
      keyMarker: request.query.get('key-marker') ?? '',
      ...(marker === undefined || marker === '' ? {} : { uploadIdMarker: marker }),
    }
  },
}
