import type { ByteStream } from '@millrace/byte-streams'
import { CHECKSUM_HEADERS } from './checksum-headers.ts'
import { S3Error } from './errors.ts'
import { formatHttpDate } from './http-date.ts'
import { pushMetadata, pushStoredHeaders } from './object-headers.ts'
import type { OperationName } from './operations.ts'
import {
  type GetObjectOutput,
  type HeadObjectOutput,
  OPERATION_DOCUMENTS,
  type S3Outputs,
  type StatedChecksum,
} from './outputs.ts'
import type { S3Request } from './request.ts'
import type { XmlShapeName } from './xml-schema.ts'
import { writeErrorXml, writeXml } from './xml-write.ts'

/** An answer ready to be sent. */
export interface S3Response {
  readonly status: number
  /** Names and values in turn, as `res.writeHead` takes them. Content-Length is among them where it is known. */
  readonly headers: string[]
  /** A document, piece after piece. */
  readonly document?: AsyncGenerator<string, void, undefined>
  /** A text that is all there. */
  readonly text?: string
  /** An object's bytes, and how many. */
  readonly body?: ByteStream
  readonly bodyLength?: number
}

type Described = { readonly [K in keyof S3Outputs]?: (output: S3Outputs[K]) => string[] }

const pushChecksums = (to: string[], checksums: readonly StatedChecksum[]): void => {
  for (const { algorithm, value, type } of checksums) {
    to.push(CHECKSUM_HEADERS[algorithm].header, value, 'x-amz-checksum-type', type)
  }
}

const versionHeaders = (output: {
  readonly versionId?: string | undefined
  readonly sourceVersionId?: string | undefined
}): string[] => {
  const headers: string[] = []
  if (output.versionId !== undefined) headers.push('x-amz-version-id', output.versionId)
  if (output.sourceVersionId !== undefined) {
    headers.push('x-amz-copy-source-version-id', output.sourceVersionId)
  }
  return headers
}

const writtenHeaders = (output: S3Outputs['PutObject']): string[] => {
  const headers = ['ETag', `"${output.etag}"`]
  if (output.versionId !== undefined) headers.push('x-amz-version-id', output.versionId)
  pushChecksums(headers, output.checksums)
  return headers
}

const HEADERS: Described = {
  HeadBucket: ({ region }) => (region === undefined ? [] : ['x-amz-bucket-region', region]),
  PutObject: writtenHeaders,
  UploadPart: writtenHeaders,
  CopyObject: versionHeaders,
  UploadPartCopy: versionHeaders,
  CompleteMultipartUpload: versionHeaders,
  GetObjectAttributes: (output) => [
    'Last-Modified',
    formatHttpDate(output.lastModified),
    ...versionHeaders(output),
  ],
  DeleteObject: ({ versionId, deleteMarker }) => [
    ...(versionId === undefined ? [] : ['x-amz-version-id', versionId]),
    ...(deleteMarker ? ['x-amz-delete-marker', 'true'] : []),
  ],
  CreateMultipartUpload: ({ checksum }) =>
    checksum === undefined
      ? []
      : ['x-amz-checksum-algorithm', checksum.algorithm, 'x-amz-checksum-type', checksum.type],
}

function objectHeaders(output: HeadObjectOutput, length: number): string[] {
  const { range, partial } = output
  const headers = [
    'Accept-Ranges',
    'bytes',
    'ETag',
    `"${output.etag}"`,
    'Last-Modified',
    formatHttpDate(output.lastModified),
    'Content-Length',
    String(length),
  ]
  pushStoredHeaders(headers, output.headers, output.overrides)
  if (partial && range !== undefined && range.end > range.start) {
    headers.push('Content-Range', `bytes ${range.start}-${range.end - 1}/${output.size}`)
  }
  if (output.versionId !== undefined) headers.push('x-amz-version-id', output.versionId)
  if (output.checksums !== undefined) pushChecksums(headers, output.checksums)
  if (output.partsCount !== undefined) {
    headers.push('x-amz-mp-parts-count', String(output.partsCount))
  }
  pushMetadata(headers, output.metadata)
  return headers
}

/**
 * Turns what an operation gave into status, headers and body. Pure: nothing is read until the answer is sent.
 *
 * @param request - the request that was answered
 * @param output - what its operation gave
 * @returns the answer
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatS3Response, parseS3Request } from '@millrace/s3-protocol'
 *
 * const request = parseS3Request({ method: 'DELETE', rawUrl: '/photos/a.jpg', headers: {} })
 * const response = formatS3Response(request, { deleteMarker: true, versionId: '3' })
 * assert.equal(response.status, 204)
 * assert.deepEqual(response.headers, ['x-amz-version-id', '3', 'x-amz-delete-marker', 'true'])
 * ```
 */
export function formatS3Response<R extends S3Request>(
  request: R,
  output: S3Outputs[R['operation']],
): S3Response {
  const { operation } = request
  if (operation === 'GetObject' || operation === 'HeadObject') {
    return objectResponse(operation, output as GetObjectOutput)
  }
  const describe = HEADERS[operation] as ((output: unknown) => string[]) | undefined
  const headers = describe?.(output) ?? []
  const status = request.route.status ?? 200
  if (operation === 'CreateBucket') headers.push('Location', `/${request.bucket}`)
  const shape = OPERATION_DOCUMENTS[operation]
  if (shape !== undefined) {
    headers.push('Content-Type', 'application/xml')
    return { status, headers, document: documentOf(shape, output) }
  }
  if ('text' in output) {
    headers.push('Content-Type', 'application/json')
    return { status, headers, text: output.text }
  }
  if (status !== 204) headers.push('Content-Length', '0')
  return { status, headers }
}

function objectResponse(operation: OperationName, output: GetObjectOutput): S3Response {
  const { range, size, partial } = output
  const length = range === undefined ? size : range.end - range.start
  const headers = objectHeaders(output, length)
  const status = partial ? 206 : 200
  if (operation === 'HeadObject') return { status, headers }
  return { status, headers, body: output.body, bodyLength: length }
}

function documentOf(shape: XmlShapeName, output: object): AsyncGenerator<string, void, undefined> {
  const { document, encodingType } = output as {
    readonly document: object
    readonly encodingType?: 'url'
  }
  return writeXml(shape, document, { encodingType })
}

/**
 * The answer to a request that failed.
 *
 * @param error - what was thrown; anything but an {@link S3Error} is InternalError, and its message stays here
 * @param request - the id of the request, the path asked for, and whether the answer has a body (HEAD has none)
 * @returns the answer; 304 has no body
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatS3Error } from '@millrace/s3-protocol'
 *
 * const response = formatS3Error(new Error('secret'), { requestId: '1', resource: '/a', method: 'GET' })
 * assert.equal(response.status, 500)
 * assert.ok(!response.text?.includes('secret'))
 * ```
 */
export function formatS3Error(
  error: unknown,
  request: {
    readonly requestId: string
    readonly resource: string
    readonly method: string
  },
): S3Response {
  const known =
    error instanceof Error && error.name === 'S3Error'
      ? (error as S3Error)
      : new S3Error('InternalError')
  const headers: string[] = []
  for (const [name, value] of Object.entries(known.headers)) headers.push(name, value)
  if (known.status === 304) return { status: 304, headers }
  const text = writeErrorXml(known, request)
  headers.push('Content-Type', 'application/xml', 'Content-Length', String(Buffer.byteLength(text)))
  return request.method === 'HEAD'
    ? { status: known.status, headers }
    : { status: known.status, headers, text }
}
