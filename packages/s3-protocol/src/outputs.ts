import type { ByteStream } from '@millrace/byte-streams'
import type { ChecksumAlgorithm, ChecksumType } from './checksum-headers.ts'
import type { StoredHeaders, ResponseOverrides } from './object-headers.ts'
import type {
  BucketConfigurationName,
  ObjectConfigurationName,
  OperationName,
} from './operations.ts'
import type { XmlShapeName } from './xml-schema.ts'
import type { XmlSource } from './xml-values.ts'

/** An answer without anything to say. */
export type EmptyOutput = Readonly<Record<string, never>>

/** An answer that is an XML document. */
export interface DocumentOutput<N extends XmlShapeName> {
  readonly document: XmlSource<N>
  /** Keys in the document are percent-encoded. */
  readonly encodingType?: 'url' | undefined
}

/** A checksum as an answer states it: base64, for COMPOSITE with `-N` behind it. */
export interface StatedChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string
  readonly type: ChecksumType
}

/** What stands in the headers of HeadObject and GetObject. */
export interface HeadObjectOutput {
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: Date
  /** Bytes of the whole object. */
  readonly size: number
  /** The bytes given, half-open. @default all */
  readonly range?: { readonly start: number; readonly end: number }
  /** True where the client asked for a range or a part: 206. */
  readonly partial: boolean
  /** Left out where the bucket keeps no versions. */
  readonly versionId?: string | undefined
  readonly headers: StoredHeaders
  readonly overrides?: ResponseOverrides | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Only where the client asked for them. */
  readonly checksums?: readonly StatedChecksum[] | undefined
  readonly partsCount?: number | undefined
}

/** What GetObject answers. */
export interface GetObjectOutput extends HeadObjectOutput {
  /** Exactly `range.end - range.start` bytes (or `size`), or an error. */
  readonly body: ByteStream
  /** Called once when the body has been sent, or never will be. */
  readonly close?: () => PromiseLike<void>
}

/** What PutObject and UploadPart answer. */
export interface WrittenOutput {
  readonly etag: string
  readonly versionId?: string | undefined
  readonly checksums: readonly StatedChecksum[]
}

/** A document and the version written. */
export interface VersionedDocumentOutput<N extends XmlShapeName> extends DocumentOutput<N> {
  readonly versionId?: string | undefined
  readonly sourceVersionId?: string | undefined
}

/** The documents of the operations on configuration. */
export interface ConfigurationDocuments {
  readonly GetBucketAccelerateConfiguration: 'AccelerateConfiguration'
  readonly GetBucketAcl: 'AccessControlPolicy'
  readonly GetBucketLogging: 'BucketLoggingStatus'
  readonly GetBucketNotificationConfiguration: 'NotificationConfiguration'
  readonly GetBucketRequestPayment: 'RequestPaymentConfiguration'
  readonly GetBucketTagging: 'Tagging'
  readonly GetBucketVersioning: 'VersioningConfiguration'
  readonly GetObjectAcl: 'AccessControlPolicy'
  readonly GetObjectTagging: 'Tagging'
}

type ConfigurationOutput<K> = K extends keyof ConfigurationDocuments
  ? DocumentOutput<ConfigurationDocuments[K]>
  : { readonly text: string }

/** The output of each operation, by S3's name for it. */
export type S3Outputs = {
  readonly ListBuckets: DocumentOutput<'ListAllMyBucketsResult'>
  readonly CreateBucket: EmptyOutput
  readonly HeadBucket: { readonly region?: string | undefined }
  readonly DeleteBucket: EmptyOutput
  readonly GetBucketLocation: DocumentOutput<'LocationConstraint'>
  readonly ListObjects: DocumentOutput<'ListBucketResult'>
  readonly ListObjectsV2: DocumentOutput<'ListBucketResultV2'>
  readonly ListObjectVersions: DocumentOutput<'ListVersionsResult'>
  readonly ListMultipartUploads: DocumentOutput<'ListMultipartUploadsResult'>
  readonly DeleteObjects: DocumentOutput<'DeleteResult'>
  readonly GetObject: GetObjectOutput
  readonly HeadObject: HeadObjectOutput
  readonly GetObjectAttributes: VersionedDocumentOutput<'GetObjectAttributesResponse'> & {
    readonly lastModified: Date
  }
  readonly PutObject: WrittenOutput
  readonly CopyObject: VersionedDocumentOutput<'CopyObjectResult'>
  readonly DeleteObject: {
    readonly versionId?: string | undefined
    readonly deleteMarker: boolean
  }
  readonly CreateMultipartUpload: DocumentOutput<'InitiateMultipartUploadResult'> & {
    readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: ChecksumType }
  }
  readonly UploadPart: WrittenOutput
  readonly UploadPartCopy: VersionedDocumentOutput<'CopyPartResult'>
  readonly CompleteMultipartUpload: VersionedDocumentOutput<'CompleteMultipartUploadResult'>
  readonly AbortMultipartUpload: EmptyOutput
  readonly ListParts: DocumentOutput<'ListPartsResult'>
} & { readonly [K in BucketConfigurationName | ObjectConfigurationName]: ConfigurationOutput<K> }

/** An operation's document, where it answers with one. */
export const OPERATION_DOCUMENTS: Readonly<Partial<Record<OperationName, XmlShapeName>>> = {
  ListBuckets: 'ListAllMyBucketsResult',
  GetBucketLocation: 'LocationConstraint',
  ListObjects: 'ListBucketResult',
  ListObjectsV2: 'ListBucketResultV2',
  ListObjectVersions: 'ListVersionsResult',
  ListMultipartUploads: 'ListMultipartUploadsResult',
  DeleteObjects: 'DeleteResult',
  GetObjectAttributes: 'GetObjectAttributesResponse',
  CopyObject: 'CopyObjectResult',
  CreateMultipartUpload: 'InitiateMultipartUploadResult',
  UploadPartCopy: 'CopyPartResult',
  CompleteMultipartUpload: 'CompleteMultipartUploadResult',
  ListParts: 'ListPartsResult',
  GetBucketAccelerateConfiguration: 'AccelerateConfiguration',
  GetBucketAcl: 'AccessControlPolicy',
  GetBucketLogging: 'BucketLoggingStatus',
  GetBucketNotificationConfiguration: 'NotificationConfiguration',
  GetBucketRequestPayment: 'RequestPaymentConfiguration',
  GetBucketTagging: 'Tagging',
  GetBucketVersioning: 'VersioningConfiguration',
  GetObjectAcl: 'AccessControlPolicy',
  GetObjectTagging: 'Tagging',
}
