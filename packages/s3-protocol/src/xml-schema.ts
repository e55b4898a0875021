/**
 * Every XML document of S3 that is read or written here, as one table: a shape is its elements in S3's order. It drives the
 * parser, the writer and the TypeScript types (`XmlValue`).
 *
 * What a listing knows only at its end (KeyCount, IsTruncated, the next markers) stands behind its lists, so that entries
 * can be written as the store yields them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export const S3_XML = {
  Owner: {
    ID: { type: 'string' },
    DisplayName: { type: 'string' },
  },
  CommonPrefix: { Prefix: { type: 'string', url: true, required: true } },

  Bucket: {
    Name: { type: 'string', required: true },
    CreationDate: { type: 'timestamp', required: true },
    BucketRegion: { type: 'string' },
  },
  Buckets: { Bucket: { type: 'Bucket', list: true } },
  ListAllMyBucketsResult: {
    Owner: { type: 'Owner' },
    Buckets: { type: 'Buckets', required: true },
    Prefix: { type: 'string' },
    ContinuationToken: { type: 'string' },
  },
  CreateBucketConfiguration: {
    LocationConstraint: { type: 'string' },
    Location: { type: 'Anything' },
    Bucket: { type: 'Anything' },
    Tags: { type: 'Anything' },
  },
  LocationConstraint: { value: { type: 'string', text: true } },
  /** Accepted and not read. */
  Anything: {},

  Object: {
    Key: { type: 'string', url: true, required: true },
    LastModified: { type: 'timestamp', required: true },
    ETag: { type: 'etag', required: true },
    ChecksumAlgorithm: { type: 'string', list: true },
    ChecksumType: { type: 'string' },
    Size: { type: 'integer', required: true },
    Owner: { type: 'Owner' },
    StorageClass: { type: 'string', required: true },
  },
  ListBucketResult: {
    Name: { type: 'string', required: true },
    Prefix: { type: 'string', url: true, required: true },
    Marker: { type: 'string', url: true, required: true },
    MaxKeys: { type: 'integer', required: true },
    Delimiter: { type: 'string', url: true },
    EncodingType: { type: 'string' },
    Contents: { type: 'Object', list: true },
    CommonPrefixes: { type: 'CommonPrefix', list: true },
    IsTruncated: { type: 'boolean', required: true },
    NextMarker: { type: 'string', url: true },
  },
  ListBucketResultV2: {
    Name: { type: 'string', required: true },
    Prefix: { type: 'string', url: true, required: true },
    StartAfter: { type: 'string', url: true },
    ContinuationToken: { type: 'string' },
    MaxKeys: { type: 'integer', required: true },
    Delimiter: { type: 'string', url: true },
    EncodingType: { type: 'string' },
    Contents: { type: 'Object', list: true },
    CommonPrefixes: { type: 'CommonPrefix', list: true },
    KeyCount: { type: 'integer', required: true },
    IsTruncated: { type: 'boolean', required: true },
    NextContinuationToken: { type: 'string' },
  },
  Version: {
    Key: { type: 'string', url: true, required: true },
    VersionId: { type: 'string', required: true },
    IsLatest: { type: 'boolean', required: true },
    LastModified: { type: 'timestamp', required: true },
    ETag: { type: 'etag', required: true },
    ChecksumAlgorithm: { type: 'string', list: true },
    ChecksumType: { type: 'string' },
    Size: { type: 'integer', required: true },
    Owner: { type: 'Owner' },
    StorageClass: { type: 'string', required: true },
  },
  DeleteMarker: {
    Key: { type: 'string', url: true, required: true },
    VersionId: { type: 'string', required: true },
    IsLatest: { type: 'boolean', required: true },
    LastModified: { type: 'timestamp', required: true },
    Owner: { type: 'Owner' },
  },
  ListVersionsResult: {
    Name: { type: 'string', required: true },
    Prefix: { type: 'string', url: true, required: true },
    KeyMarker: { type: 'string', url: true, required: true },
    VersionIdMarker: { type: 'string', required: true },
    MaxKeys: { type: 'integer', required: true },
    Delimiter: { type: 'string', url: true },
    EncodingType: { type: 'string' },
    Version: { type: 'Version', list: true },
    DeleteMarker: { type: 'DeleteMarker', list: true },
    CommonPrefixes: { type: 'CommonPrefix', list: true },
    IsTruncated: { type: 'boolean', required: true },
    NextKeyMarker: { type: 'string', url: true },
    NextVersionIdMarker: { type: 'string' },
  },

  ObjectIdentifier: {
    Key: { type: 'string', required: true },
    VersionId: { type: 'string' },
    ETag: { type: 'etag' },
    LastModifiedTime: { type: 'string' },
    Size: { type: 'integer' },
  },
  Delete: {
    Object: { type: 'ObjectIdentifier', list: true, required: true, max: 1000 },
    Quiet: { type: 'boolean' },
  },
  DeletedObject: {
    Key: { type: 'string', required: true },
    VersionId: { type: 'string' },
    DeleteMarker: { type: 'boolean' },
    DeleteMarkerVersionId: { type: 'string' },
  },
  DeleteFailure: {
    Key: { type: 'string', required: true },
    VersionId: { type: 'string' },
    Code: { type: 'string', required: true },
    Message: { type: 'string', required: true },
  },
  DeleteResult: {
    Deleted: { type: 'DeletedObject', list: true },
    Error: { type: 'DeleteFailure', list: true },
  },

  CopyObjectResult: {
    LastModified: { type: 'timestamp', required: true },
    ETag: { type: 'etag', required: true },
    ChecksumType: { type: 'string' },
    ChecksumCRC32: { type: 'string' },
    ChecksumCRC32C: { type: 'string' },
    ChecksumCRC64NVME: { type: 'string' },
    ChecksumSHA1: { type: 'string' },
    ChecksumSHA256: { type: 'string' },
  },
  CopyPartResult: {
    LastModified: { type: 'timestamp', required: true },
    ETag: { type: 'etag', required: true },
    ChecksumCRC32: { type: 'string' },
    ChecksumCRC32C: { type: 'string' },
    ChecksumCRC64NVME: { type: 'string' },
    ChecksumSHA1: { type: 'string' },
    ChecksumSHA256: { type: 'string' },
  },

  Upload: {
    Key: { type: 'string', url: true, required: true },
    UploadId: { type: 'string', required: true },
    Initiator: { type: 'Owner' },
    Owner: { type: 'Owner' },
    StorageClass: { type: 'string', required: true },
    Initiated: { type: 'timestamp', required: true },
  },
  ListMultipartUploadsResult: {
    Bucket: { type: 'string', required: true },
    KeyMarker: { type: 'string', url: true, required: true },
    UploadIdMarker: { type: 'string', required: true },
    Delimiter: { type: 'string', url: true },
    Prefix: { type: 'string', url: true, required: true },
    EncodingType: { type: 'string' },
    MaxUploads: { type: 'integer', required: true },
    Upload: { type: 'Upload', list: true },
    CommonPrefixes: { type: 'CommonPrefix', list: true },
    IsTruncated: { type: 'boolean', required: true },
    NextKeyMarker: { type: 'string', url: true },
    NextUploadIdMarker: { type: 'string' },
  },
  InitiateMultipartUploadResult: {
    Bucket: { type: 'string', required: true },
    Key: { type: 'string', required: true },
    UploadId: { type: 'string', required: true },
  },
  Part: {
    PartNumber: { type: 'integer', required: true },
    LastModified: { type: 'timestamp', required: true },
    ETag: { type: 'etag', required: true },
    Size: { type: 'integer', required: true },
    ChecksumCRC32: { type: 'string' },
    ChecksumCRC32C: { type: 'string' },
    ChecksumCRC64NVME: { type: 'string' },
    ChecksumSHA1: { type: 'string' },
    ChecksumSHA256: { type: 'string' },
  },
  ListPartsResult: {
    Bucket: { type: 'string', required: true },
    Key: { type: 'string', required: true },
    UploadId: { type: 'string', required: true },
    Initiator: { type: 'Owner' },
    Owner: { type: 'Owner' },
    StorageClass: { type: 'string', required: true },
    PartNumberMarker: { type: 'integer', required: true },
    MaxParts: { type: 'integer', required: true },
    ChecksumAlgorithm: { type: 'string' },
    ChecksumType: { type: 'string' },
    Part: { type: 'Part', list: true },
    NextPartNumberMarker: { type: 'integer' },
    IsTruncated: { type: 'boolean', required: true },
  },
  CompletedPart: {
    PartNumber: { type: 'integer', required: true },
    ETag: { type: 'etag', required: true },
    ChecksumCRC32: { type: 'string' },
    ChecksumCRC32C: { type: 'string' },
    ChecksumCRC64NVME: { type: 'string' },
    ChecksumSHA1: { type: 'string' },
    ChecksumSHA256: { type: 'string' },
  },
  CompleteMultipartUpload: {
    Part: { type: 'CompletedPart', list: true, required: true, max: 10_000 },
  },
  CompleteMultipartUploadResult: {
    Location: { type: 'string', required: true },
    Bucket: { type: 'string', required: true },
    Key: { type: 'string', required: true },
    ETag: { type: 'etag', required: true },
    ChecksumCRC32: { type: 'string' },
    ChecksumCRC32C: { type: 'string' },
    ChecksumCRC64NVME: { type: 'string' },
    ChecksumSHA1: { type: 'string' },
    ChecksumSHA256: { type: 'string' },
    ChecksumType: { type: 'string' },
  },

  ObjectChecksum: {
    ChecksumCRC32: { type: 'string' },
    ChecksumCRC32C: { type: 'string' },
    ChecksumCRC64NVME: { type: 'string' },
    ChecksumSHA1: { type: 'string' },
    ChecksumSHA256: { type: 'string' },
    ChecksumType: { type: 'string' },
  },
  AttributesPart: {
    PartNumber: { type: 'integer', required: true },
    Size: { type: 'integer', required: true },
  },
  ObjectParts: {
    PartsCount: { type: 'integer', required: true },
    PartNumberMarker: { type: 'integer' },
    NextPartNumberMarker: { type: 'integer' },
    MaxParts: { type: 'integer' },
    IsTruncated: { type: 'boolean' },
    Part: { type: 'AttributesPart', list: true },
  },
  GetObjectAttributesResponse: {
    ETag: { type: 'string' },
    Checksum: { type: 'ObjectChecksum' },
    ObjectParts: { type: 'ObjectParts' },
    StorageClass: { type: 'string' },
    ObjectSize: { type: 'integer' },
  },

  Grantee: {
    ID: { type: 'string', required: true },
    DisplayName: { type: 'string' },
  },
  Grant: {
    Grantee: {
      type: 'Grantee',
      required: true,
      attributes: ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"',
    },
    Permission: { type: 'string', required: true },
  },
  Grants: { Grant: { type: 'Grant', list: true } },
  AccessControlPolicy: {
    Owner: { type: 'Owner', required: true },
    AccessControlList: { type: 'Grants', required: true },
  },
  Tag: {
    Key: { type: 'string', required: true },
    Value: { type: 'string', required: true },
  },
  TagSet: { Tag: { type: 'Tag', list: true } },
  Tagging: { TagSet: { type: 'TagSet', required: true } },
  VersioningConfiguration: { Status: { type: 'string' } },
  BucketLoggingStatus: {},
  NotificationConfiguration: {},
  AccelerateConfiguration: { Status: { type: 'string' } },
  RequestPaymentConfiguration: { Payer: { type: 'string', required: true } },
} as const

/** The name of a shape of the table. */
export type XmlShapeName = keyof typeof S3_XML

/** Element names of documents whose shape has another name. */
export const XML_ROOTS: Readonly<Partial<Record<XmlShapeName, string>>> = {
  ListBucketResultV2: 'ListBucketResult',
}
