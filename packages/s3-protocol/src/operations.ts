import type { RangeSpec } from '@millrace/range-planner'
import type { BodyDigests, ChecksumAlgorithm, ChecksumType } from './checksum-headers.ts'
import type { ReadConditions, WriteConditions } from './conditions.ts'
import type { CopySource } from './copy-source.ts'
import type { ResponseOverrides, StoredHeaders } from './object-headers.ts'

/** An operation on a bucket that needs no more than its name. */
export interface BucketInput {
  readonly bucket: string
}

/** An operation on an object that needs no more than its name. */
export interface ObjectInput extends BucketInput {
  /** Decoded exactly once: what is authorised here is what is stored. */
  readonly key: string
  readonly versionId?: string
}

/** ListBuckets. */
export interface ListBucketsInput {
  readonly prefix: string
  readonly maxBuckets: number
  /** Only names after this one: what the continuation token stands for. */
  readonly startAfter: string
  /** True where the client asked for pages; without it S3 gives all buckets. */
  readonly paged: boolean
}

/** What all listings of a bucket have in common. */
export interface ListingInput extends BucketInput {
  readonly prefix: string
  readonly delimiter: string
  /** Entries on the page, 0 to 1,000. */
  readonly maxKeys: number
  readonly encodingType?: 'url'
}

/** ListObjects, version 1. */
export interface ListObjectsInput extends ListingInput {
  readonly marker: string
}

/** ListObjectsV2. */
export interface ListObjectsV2Input extends ListingInput {
  /** The parameter `start-after`, given back as it came. */
  readonly startAfter?: string
  /** The parameter `continuation-token`, given back as it came. */
  readonly continuationToken?: string
  /** Where to go on: the token's meaning, else `startAfter`. */
  readonly after: string
  readonly fetchOwner: boolean
}

/** ListObjectVersions. */
export interface ListObjectVersionsInput extends ListingInput {
  readonly keyMarker: string
  readonly versionIdMarker?: string
}

/** ListMultipartUploads; `maxKeys` is `max-uploads`. */
export interface ListMultipartUploadsInput extends ListingInput {
  readonly keyMarker: string
  readonly uploadIdMarker?: string
}

/** GetObject and HeadObject. */
export interface ReadObjectInput extends ObjectInput {
  readonly range?: RangeSpec
  readonly partNumber?: number
  readonly conditions?: ReadConditions
  /** RFC 9110 §13.1.5: the range counts only if this ETag or date is still right. */
  readonly ifRange?: string | Date
  readonly overrides?: ResponseOverrides
  /** `x-amz-checksum-mode: ENABLED`. */
  readonly checksumMode: boolean
}

/** GetObjectAttributes. */
export interface GetObjectAttributesInput extends ObjectInput {
  readonly attributes: ReadonlySet<string>
  readonly maxParts: number
  readonly partNumberMarker: number
}

/** What a body must come out as; checked before anything becomes visible. */
export interface BodyInput {
  readonly digests: BodyDigests
}

/** PutObject. */
export interface PutObjectInput extends ObjectInput, BodyInput {
  readonly headers: StoredHeaders
  /** User metadata; names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  readonly conditions?: WriteConditions
}

/** CopyObject. */
export interface CopyObjectInput extends ObjectInput {
  readonly source: CopySource
  readonly sourceConditions?: ReadConditions
  readonly conditions?: WriteConditions
  /** Headers and metadata come from this request instead of from the source. */
  readonly replaceMetadata: boolean
  readonly headers: StoredHeaders
  readonly metadata: Readonly<Record<string, string>>
  readonly checksumAlgorithm?: ChecksumAlgorithm
}

/** DeleteObject. */
export interface DeleteObjectInput extends ObjectInput {
  readonly ifMatch?: string
}

/** CreateMultipartUpload. */
export interface CreateMultipartUploadInput extends ObjectInput {
  readonly headers: StoredHeaders
  readonly metadata: Readonly<Record<string, string>>
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType }
}

/** An operation on one upload. */
export interface UploadInput extends ObjectInput {
  readonly uploadId: string
}

/** UploadPart. */
export interface UploadPartInput extends UploadInput, BodyInput {
  readonly partNumber: number
}

/** UploadPartCopy. */
export interface UploadPartCopyInput extends UploadInput {
  readonly partNumber: number
  readonly source: CopySource
  readonly sourceConditions?: ReadConditions
  /** `x-amz-copy-source-range`: both ends are there and within the source. */
  readonly sourceRange?: { readonly start: number; readonly end: number }
}

/** CompleteMultipartUpload. */
export interface CompleteMultipartUploadInput extends UploadInput {
  readonly conditions?: WriteConditions
  /** The checksum of the whole object, in base64. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string }
  readonly checksumType?: ChecksumType
  /** `x-amz-mp-object-size`: what the parts must add up to. */
  readonly objectSize?: number
}

/** ListParts. */
export interface ListPartsInput extends UploadInput {
  readonly partNumberMarker: number
  readonly maxParts: number
}

/** Operations on a bucket's configuration that need no more than the bucket's name. */
export type BucketConfigurationName =
  | 'GetBucketAccelerateConfiguration'
  | 'GetBucketAcl'
  | 'GetBucketCors'
  | 'GetBucketEncryption'
  | 'GetBucketLifecycleConfiguration'
  | 'GetBucketLogging'
  | 'GetBucketNotificationConfiguration'
  | 'GetBucketOwnershipControls'
  | 'GetBucketPolicy'
  | 'GetBucketPolicyStatus'
  | 'GetBucketReplication'
  | 'GetBucketRequestPayment'
  | 'GetBucketTagging'
  | 'GetBucketVersioning'
  | 'GetBucketWebsite'
  | 'GetObjectLockConfiguration'
  | 'GetPublicAccessBlock'

/** Operations on what belongs to an object without being it. */
export type ObjectConfigurationName =
  | 'GetObjectAcl'
  | 'GetObjectLegalHold'
  | 'GetObjectRetention'
  | 'GetObjectTagging'

/** The input of each operation, by S3's name for it. */
export type S3Inputs = {
  readonly ListBuckets: ListBucketsInput
  readonly CreateBucket: BucketInput & BodyInput
  readonly HeadBucket: BucketInput
  readonly DeleteBucket: BucketInput
  readonly GetBucketLocation: BucketInput
  readonly ListObjects: ListObjectsInput
  readonly ListObjectsV2: ListObjectsV2Input
  readonly ListObjectVersions: ListObjectVersionsInput
  readonly ListMultipartUploads: ListMultipartUploadsInput
  readonly DeleteObjects: BucketInput & BodyInput
  readonly GetObject: ReadObjectInput
  readonly HeadObject: ReadObjectInput
  readonly GetObjectAttributes: GetObjectAttributesInput
  readonly PutObject: PutObjectInput
  readonly CopyObject: CopyObjectInput
  readonly DeleteObject: DeleteObjectInput
  readonly CreateMultipartUpload: CreateMultipartUploadInput
  readonly UploadPart: UploadPartInput
  readonly UploadPartCopy: UploadPartCopyInput
  readonly CompleteMultipartUpload: CompleteMultipartUploadInput
  readonly AbortMultipartUpload: UploadInput
  readonly ListParts: ListPartsInput
} & { readonly [K in BucketConfigurationName]: BucketInput } & {
  readonly [K in ObjectConfigurationName]: ObjectInput
}

/** S3's name of an operation. */
export type OperationName = keyof S3Inputs
