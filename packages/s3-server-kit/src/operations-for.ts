import type { BucketRegistry } from '@millrace/object-store'
import type { OperationName } from '@millrace/s3-protocol'
import type { Operation } from './context.ts'
import { abortMultipartUpload } from './operations/abort-multipart-upload.ts'
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts'
import { configurationOperations } from './operations/configuration.ts'
import { copyObject } from './operations/copy-object.ts'
import { createBucket } from './operations/create-bucket.ts'
import { createMultipartUpload } from './operations/create-multipart-upload.ts'
import { deleteBucket } from './operations/delete-bucket.ts'
import { deleteObject } from './operations/delete-object.ts'
import { deleteObjects } from './operations/delete-objects.ts'
import { getBucketLocation } from './operations/get-bucket-location.ts'
import { getObject } from './operations/get-object.ts'
import { getObjectAttributes } from './operations/get-object-attributes.ts'
import { headBucket } from './operations/head-bucket.ts'
import { headObject } from './operations/head-object.ts'
import { listBuckets } from './operations/list-buckets.ts'
import { listMultipartUploads } from './operations/list-multipart-uploads.ts'
import { listObjectVersions } from './operations/list-object-versions.ts'
import { listObjects } from './operations/list-objects.ts'
import { listObjectsV2 } from './operations/list-objects-v2.ts'
import { listParts } from './operations/list-parts.ts'
import { putObject } from './operations/put-object.ts'
import { uploadPart } from './operations/upload-part.ts'
import { uploadPartCopy } from './operations/upload-part-copy.ts'

/**
 * Turns buckets into S3's operations, all that this kit knows. Spread them and replace or remove what you like.
 *
 * @param registry - the buckets
 * @returns an operation for each row of the route table
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryRegistry } from '@millrace/object-store'
 * import { operationsFor } from '@millrace/s3-server-kit'
 *
 * const { DeleteObject, DeleteObjects, ...readable } = operationsFor(createMemoryRegistry())
 * assert.equal(typeof readable.GetObject, 'function')
 * assert.ok(!('DeleteObject' in readable))
 * ```
 */
export function operationsFor(registry: BucketRegistry): {
  readonly [K in OperationName]: Operation<K>
} {
  return {
    ...(configurationOperations(registry) as {
      readonly [K in keyof ReturnType<typeof configurationOperations>]-?: Operation<K>
    }),
    AbortMultipartUpload: abortMultipartUpload(registry),
    CompleteMultipartUpload: completeMultipartUpload(registry),
    CopyObject: copyObject(registry),
    CreateBucket: createBucket(registry),
    CreateMultipartUpload: createMultipartUpload(registry),
    DeleteBucket: deleteBucket(registry),
    DeleteObject: deleteObject(registry),
    DeleteObjects: deleteObjects(registry),
    GetBucketLocation: getBucketLocation(registry),
    GetObject: getObject(registry),
    GetObjectAttributes: getObjectAttributes(registry),
    HeadBucket: headBucket(registry),
    HeadObject: headObject(registry),
    ListBuckets: listBuckets(registry),
    ListMultipartUploads: listMultipartUploads(registry),
    ListObjects: listObjects(registry),
    ListObjectsV2: listObjectsV2(registry),
    ListObjectVersions: listObjectVersions(registry),
    ListParts: listParts(registry),
    PutObject: putObject(registry),
    UploadPart: uploadPart(registry),
    UploadPartCopy: uploadPartCopy(registry),
  }
}
