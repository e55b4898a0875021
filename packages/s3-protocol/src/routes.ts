import { S3Error } from './errors.ts'
import type { OperationName } from './operations.ts'
import type { Query } from './query.ts'
import type { RequestHeaders } from './request-headers.ts'

/** What a request's path names. */
export type Target = 'service' | 'bucket' | 'object'

/** One row of the route table. */
export interface Route {
  readonly operation: OperationName
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly target: Target
  /** The query parameter that chooses this operation among those of the same method and target. */
  readonly query?: string
  /** The only value of `query` that counts. @default any */
  readonly value?: string
  /** A header that must be there (or, where another row asks for it, must not). */
  readonly header?: string
  /** What the body is. @default 'none' */
  readonly body?: 'none' | 'xml' | 'bytes'
  /** The status of success. @default 200 */
  readonly status?: number
}

const COPY = 'x-amz-copy-source'

/**
 * The route table: every operation with the requests that mean it. Rows with a `header` come before the rows without.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 * @example Which operations read a body of bytes
 * ```ts
 * import assert from 'node:assert/strict'
 * import { S3_ROUTES } from '@millrace/s3-protocol'
 *
 * const writes = S3_ROUTES.filter((route) => route.body === 'bytes').map((route) => route.operation)
 * assert.deepEqual(writes, ['UploadPart', 'PutObject'])
 * ```
 */
export const S3_ROUTES: readonly Route[] = [
  { operation: 'ListBuckets', method: 'GET', target: 'service' },

  { operation: 'CreateBucket', method: 'PUT', target: 'bucket', body: 'xml' },
  { operation: 'HeadBucket', method: 'HEAD', target: 'bucket' },
  { operation: 'DeleteBucket', method: 'DELETE', target: 'bucket', status: 204 },
  { operation: 'ListObjectsV2', method: 'GET', target: 'bucket', query: 'list-type', value: '2' },
  { operation: 'ListObjects', method: 'GET', target: 'bucket' },
  { operation: 'ListObjectVersions', method: 'GET', target: 'bucket', query: 'versions' },
  { operation: 'ListMultipartUploads', method: 'GET', target: 'bucket', query: 'uploads' },
  { operation: 'DeleteObjects', method: 'POST', target: 'bucket', query: 'delete', body: 'xml' },
  { operation: 'GetBucketLocation', method: 'GET', target: 'bucket', query: 'location' },

  {
    operation: 'GetBucketAccelerateConfiguration',
    method: 'GET',
    target: 'bucket',
    query: 'accelerate',
  },
  { operation: 'GetBucketAcl', method: 'GET', target: 'bucket', query: 'acl' },
  { operation: 'GetBucketCors', method: 'GET', target: 'bucket', query: 'cors' },
  { operation: 'GetBucketEncryption', method: 'GET', target: 'bucket', query: 'encryption' },
  {
    operation: 'GetBucketLifecycleConfiguration',
    method: 'GET',
    target: 'bucket',
    query: 'lifecycle',
  },
  { operation: 'GetBucketLogging', method: 'GET', target: 'bucket', query: 'logging' },
  {
    operation: 'GetBucketNotificationConfiguration',
    method: 'GET',
    target: 'bucket',
    query: 'notification',
  },
  {
    operation: 'GetBucketOwnershipControls',
    method: 'GET',
    target: 'bucket',
    query: 'ownershipControls',
  },
  { operation: 'GetBucketPolicy', method: 'GET', target: 'bucket', query: 'policy' },
  { operation: 'GetBucketPolicyStatus', method: 'GET', target: 'bucket', query: 'policyStatus' },
  { operation: 'GetBucketReplication', method: 'GET', target: 'bucket', query: 'replication' },
  {
    operation: 'GetBucketRequestPayment',
    method: 'GET',
    target: 'bucket',
    query: 'requestPayment',
  },
  { operation: 'GetBucketTagging', method: 'GET', target: 'bucket', query: 'tagging' },
  { operation: 'GetBucketVersioning', method: 'GET', target: 'bucket', query: 'versioning' },
  { operation: 'GetBucketWebsite', method: 'GET', target: 'bucket', query: 'website' },
  {
    operation: 'GetObjectLockConfiguration',
    method: 'GET',
    target: 'bucket',
    query: 'object-lock',
  },
  {
    operation: 'GetPublicAccessBlock',
    method: 'GET',
    target: 'bucket',
    query: 'publicAccessBlock',
  },

  { operation: 'UploadPartCopy', method: 'PUT', target: 'object', query: 'uploadId', header: COPY },
  { operation: 'UploadPart', method: 'PUT', target: 'object', query: 'uploadId', body: 'bytes' },
  { operation: 'CopyObject', method: 'PUT', target: 'object', header: COPY },
  { operation: 'PutObject', method: 'PUT', target: 'object', body: 'bytes' },
  { operation: 'GetObject', method: 'GET', target: 'object' },
  { operation: 'HeadObject', method: 'HEAD', target: 'object' },
  { operation: 'DeleteObject', method: 'DELETE', target: 'object', status: 204 },
  { operation: 'GetObjectAttributes', method: 'GET', target: 'object', query: 'attributes' },
  { operation: 'CreateMultipartUpload', method: 'POST', target: 'object', query: 'uploads' },
  {
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    target: 'object',
    query: 'uploadId',
    body: 'xml',
  },
  {
    operation: 'AbortMultipartUpload',
    method: 'DELETE',
    target: 'object',
    query: 'uploadId',
    status: 204,
  },
  { operation: 'ListParts', method: 'GET', target: 'object', query: 'uploadId' },

  { operation: 'GetObjectAcl', method: 'GET', target: 'object', query: 'acl' },
  { operation: 'GetObjectLegalHold', method: 'GET', target: 'object', query: 'legal-hold' },
  { operation: 'GetObjectRetention', method: 'GET', target: 'object', query: 'retention' },
  { operation: 'GetObjectTagging', method: 'GET', target: 'object', query: 'tagging' },
]

/** Query parameters that choose no operation; whoever reads them checks them. */
const PLAIN_PARAMETERS: ReadonlySet<string> = new Set([
  'bucket-region',
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'key-marker',
  'marker',
  'max-buckets',
  'max-keys',
  'max-parts',
  'max-uploads',
  'part-number-marker',
  'partNumber',
  'prefix',
  'start-after',
  'upload-id-marker',
  'version-id-marker',
  'versionId',
  'x-id',
])

/** Sub-resources of S3 that no row of the table serves: 501 instead of a wrong operation. */
const UNSERVED: ReadonlySet<string> = new Set([
  'analytics',
  'append',
  'intelligent-tiering',
  'inventory',
  'metadataConfiguration',
  'metadataInventoryTable',
  'metadataJournalTable',
  'metadataTable',
  'metrics',
  'renameObject',
  'restore',
  'select',
  'session',
  'torrent',
  'abac',
])

const CHOOSING: ReadonlySet<string> = new Set([
  ...UNSERVED,
  ...S3_ROUTES.flatMap((route) => (route.query === undefined ? [] : [route.query])),
])

const BY_REQUEST: ReadonlyMap<string, readonly Route[]> = groupRoutes()

function groupRoutes(): Map<string, Route[]> {
  const groups = new Map<string, Route[]>()
  for (const route of S3_ROUTES) {
    const id = `${route.method} ${route.target} ${route.query ?? ''}`
    const group = groups.get(id)
    if (group === undefined) groups.set(id, [route])
    else group.push(route)
  }
  return groups
}

/**
 * Finds the row for a request.
 *
 * @param method - as the request line has it
 * @param target - what the path names
 * @param query - decoded parameters
 * @param headers - by lower-case name
 * @returns the row of the table
 * @throws {S3Error} `NotImplemented` for what S3 has and no row serves, and for a bare parameter nobody knows;
 *   `MethodNotAllowed` where only other methods are served; `InvalidArgument` for two sub-resources at once
 */
export function findRoute(
  method: string,
  target: Target,
  query: Query,
  headers: RequestHeaders,
): Route {
  const chosen = query.size === 0 ? '' : chosenBy(query, method, target)
  const rows = BY_REQUEST.get(`${method} ${target} ${chosen}`)
  if (rows !== undefined) {
    for (const row of rows) {
      if (row.header !== undefined && headers[row.header] === undefined) continue
      return row
    }
  }
  const others = S3_ROUTES.filter((row) => row.target === target && (row.query ?? '') === chosen)
  if (others.length === 0) throw new S3Error('NotImplemented')
  // A bucket's configuration can be read here but not changed: that is missing, not forbidden.
  if (chosen !== '' && method !== 'POST' && method !== 'HEAD') throw new S3Error('NotImplemented')
  throw new S3Error('MethodNotAllowed', {
    details: { Method: method.slice(0, 32), ResourceType: target.toUpperCase() },
    headers: { Allow: [...new Set(others.map((row) => row.method))].join(', ') },
  })
}

function chosenBy(query: Query, method: string, target: Target): string {
  let chosen = ''
  for (const [name, value] of query) {
    if (CHOOSING.has(name)) {
      // `list-type=1` and the like mean nothing: S3 answers with the first version.
      if (
        BY_REQUEST.get(`${method} ${target} ${name}`)?.every(
          (row) => row.value !== undefined && row.value !== value,
        )
      ) {
        continue
      }
      if (chosen !== '') {
        throw new S3Error('InvalidArgument', {
          message: 'Conflicting query string parameters',
          details: { ArgumentName: 'ResourceType', ArgumentValue: `${chosen}, ${name}` },
        })
      }
      chosen = name
    } else if (value === '' && !isPlain(name)) {
      throw new S3Error('NotImplemented', {
        details: { Header: name.slice(0, 256) },
      })
    }
  }
  return chosen
}

function isPlain(name: string): boolean {
  return (
    PLAIN_PARAMETERS.has(name) ||
    name.startsWith('response-') ||
    name.slice(0, 6).toLowerCase() === 'x-amz-'
  )
}
