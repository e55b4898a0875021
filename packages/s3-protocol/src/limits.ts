const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

/**
 * The limits of S3 as data, in bytes where nothing else is said.
 *
 * Sources: Amazon S3 user guide, "Amazon S3 multipart upload limits", "Bucket naming rules", "Working with object
 * metadata"; API reference of DeleteObjects and ListObjectsV2. The caps on XML are ours: S3 publishes none.
 *
 * @example A part number is at most ten thousand
 * ```ts
 * import assert from 'node:assert/strict'
 * import { S3_LIMITS } from '@millrace/s3-protocol'
 *
 * assert.equal(S3_LIMITS.partNumber, 10_000)
 * assert.equal(S3_LIMITS.objectSize, S3_LIMITS.partNumber * S3_LIMITS.partSize)
 * ```
 */
export const S3_LIMITS: {
  /** Longest key, in UTF-8 bytes. */
  readonly keyBytes: number
  /** Shortest bucket name, in characters. */
  readonly bucketNameMin: number
  /** Longest bucket name, in characters. */
  readonly bucketNameMax: number
  /** Largest body of one PutObject, and source of one CopyObject. */
  readonly putSize: number
  /** Largest part. */
  readonly partSize: number
  /** Smallest part but for the last. */
  readonly minPartSize: number
  /** Highest part number. */
  readonly partNumber: number
  /** Largest object: ten thousand parts of 5 GiB. */
  readonly objectSize: number
  /** Entries on one page of any listing. */
  readonly pageSize: number
  /** Buckets on one page of ListBuckets. */
  readonly bucketPageSize: number
  /** Keys in one DeleteObjects. */
  readonly deleteKeys: number
  /** User metadata of an object: names and values together. */
  readonly metadataBytes: number
  /** The request target: path and query. */
  readonly targetBytes: number
  /** Largest XML body of DeleteObjects and CompleteMultipartUpload. */
  readonly xmlBytes: number
  /** Largest XML body of everything else. */
  readonly configurationBytes: number
  /** Deepest nesting of XML elements. */
  readonly xmlDepth: number
  /** Most XML elements in one body. */
  readonly xmlNodes: number
} = {
  keyBytes: 1024,
  bucketNameMin: 3,
  bucketNameMax: 63,
  putSize: 5 * GIB,
  partSize: 5 * GIB,
  minPartSize: 5 * MIB,
  partNumber: 10_000,
  objectSize: 50_000 * GIB,
  pageSize: 1000,
  bucketPageSize: 10_000,
  deleteKeys: 1000,
  metadataBytes: 2 * KIB,
  targetBytes: 16 * KIB,
  xmlBytes: 8 * MIB,
  configurationBytes: 64 * KIB,
  xmlDepth: 16,
  xmlNodes: 100_000,
}
