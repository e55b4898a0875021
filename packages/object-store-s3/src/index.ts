import { ALGORITHMS } from '@millrace/checksums'
import type { ObjectStore } from '@millrace/object-store'
import type { HttpDispatcher } from '@millrace/object-store/http'
import { Agent } from 'undici'
import { type CredentialSource, createClient } from './client.ts'
import { listObjects, listUploads } from './lists.ts'
import { createUpload, resumeUpload } from './multipart.ts'
import { getObject, headObject } from './reads.ts'
import { deleteObject, putObject } from './writes.ts'

export type { CredentialSource } from './client.ts'
export { MAX_HELD_PART } from './multipart.ts'
export { parseS3Url, type S3Location } from './s3-url.ts'
export { MAX_PUT_SIZE } from './writes.ts'

/** Connections to a host at a time when not told otherwise. */
export const DEFAULT_CONNECTIONS = 128

/** Bytes that `put` holds before it becomes a multipart upload, and the size of its first parts: 8 MiB. */
export const DEFAULT_PART_SIZE: number = 8 * 1024 * 1024

/** Smallest part that S3 takes: 5 MiB. */
const MIN_PART_SIZE = 5 * 1024 * 1024

/** The region that is signed for when not told otherwise. */
export const DEFAULT_REGION = 'us-east-1'

/** Options of {@link createS3Store}. */
export interface S3StoreOptions {
  /** @default AWS's own endpoint of the region */
  readonly endpoint?: string | URL
  readonly bucket: string
  /** @default DEFAULT_REGION */
  readonly region?: string
  /**
   * Keys, or a function that gives them before each request. Left out, requests are anonymous.
   *
   * @default none
   */
  readonly credentials?: CredentialSource
  /**
   * An undici dispatcher (for a proxy, a CA, a client certificate). It stays yours to close.
   *
   * @default an Agent of the store's own, closed with it
   */
  readonly dispatcher?: HttpDispatcher
  /**
   * `https://host/bucket/key` instead of `https://bucket.host/key`.
   *
   * @default true where an endpoint is given
   */
  readonly pathStyle?: boolean
  /**
   * Whether the bucket keeps versions, which S3 does not say with each answer.
   *
   * @default false
   */
  readonly versions?: boolean
  /** @default DEFAULT_CONNECTIONS */
  readonly connections?: number
  /** @default DEFAULT_PART_SIZE */
  readonly partSize?: number
  /** How long headers may take, in milliseconds. @default 60,000 */
  readonly headersTimeoutMs?: number
  /** How long a body may stand still, in milliseconds. @default 30,000 */
  readonly bodyTimeoutMs?: number
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: () => number
}

/** A bucket as a store, with connections to close. */
export interface S3Store extends ObjectStore, AsyncDisposable {
  /** Closes the store's own connections; what is under way ends first. */
  close(): Promise<void>
}

/**
 * A bucket on any S3 as an `ObjectStore`. Each request is signed by itself, so a repeated one is signed again; redirects are
 * never followed, so credentials never leave for another host. Put `withRetry` around it for retries.
 *
 * @param options - see {@link S3StoreOptions}
 * @returns a store
 * @throws {TypeError} `ERR_OBJECT_STORE_S3_INVALID_ARGUMENT` for an endpoint that is no http(s) URL, an empty bucket, or a
 *   part size below 5 MiB
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createS3Store } from '@millrace/object-store-s3'
 *
 * const store = createS3Store({
 *   endpoint: 'http://127.0.0.1:9000',
 *   bucket: 'mill',
 *   credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
 * })
 * assert.equal(store.capabilities.conditionalWrite, true)
 * await store.close()
 * ```
 */
export function createS3Store(options: S3StoreOptions): S3Store {
  const { bucket, region = DEFAULT_REGION, partSize = DEFAULT_PART_SIZE } = options
  if (typeof bucket !== 'string' || bucket === '' || bucket.includes('/')) {
    throw invalid(`Bucket must be a name without slashes: ${bucket}`)
  }
  if (!Number.isSafeInteger(partSize) || partSize < MIN_PART_SIZE) {
    throw invalid(`Part size must be at least ${MIN_PART_SIZE} bytes: ${partSize}`)
  }
  const endpoint = endpointOf(options.endpoint ?? `https://s3.${region}.amazonaws.com`)
  const agent =
    options.dispatcher === undefined
      ? new Agent({ connections: options.connections ?? DEFAULT_CONNECTIONS })
      : undefined
  const client = createClient({
    endpoint,
    bucket,
    region,
    credentials: options.credentials,
    dispatcher: options.dispatcher ?? (agent as HttpDispatcher),
    pathStyle: options.pathStyle ?? (options.endpoint !== undefined || bucket.includes('.')),
    now: options.now ?? Date.now,
    headersTimeoutMs: options.headersTimeoutMs,
    bodyTimeoutMs: options.bodyTimeoutMs,
  })
  const close = async (): Promise<void> => {
    await agent?.close()
  }
  return {
    capabilities: {
      write: true,
      list: true,
      multipart: true,
      versions: options.versions ?? false,
      conditionalWrite: true,
      suffixRange: true,
      digests: ALGORITHMS,
    },
    get: async (key, getOptions) => getObject(client, key, getOptions),
    head: async (key, headOptions) => headObject(client, key, headOptions),
    put: async (key, body, putOptions = {}) => putObject(client, key, body, putOptions, partSize),
    delete: async (key, deleteOptions) => deleteObject(client, key, deleteOptions),
    list(listOptions = {}) {
      listOptions.signal?.throwIfAborted()
      return listObjects(client, listOptions)
    },
    createMultipart: async (key, multipartOptions) => createUpload(client, key, multipartOptions),
    resumeMultipart: async (key, uploadId) => resumeUpload(client, key, uploadId),
    listMultipart(listOptions = {}) {
      listOptions.signal?.throwIfAborted()
      return listUploads(client, listOptions)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function endpointOf(endpoint: string | URL): URL {
  const text = endpoint.toString()
  if (!URL.canParse(text)) throw invalid(`Endpoint must be a URL: ${text}`)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`Endpoint must be an http or https URL: ${text}`)
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw invalid('Endpoint must have no user, query or fragment: give keys as credentials')
  }
  return url
}

function invalid(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_OBJECT_STORE_S3_INVALID_ARGUMENT' })
}
