import type { ByteSource, ByteStream } from '@millrace/byte-streams'
import type { Algorithm } from '@millrace/checksums'
import type { LeaseStream } from '@millrace/pooled-buffers'
import type { ByteRange, RangeSpec } from '@millrace/range-planner'

/** What a store can do. Data, so that a layer or a server can decide before it tries. */
export interface StoreCapabilities {
  /** Writes at all: `put`, `delete`, multipart. */
  readonly write: boolean
  readonly list: boolean
  readonly multipart: boolean
  /** Keeps more than one version of a key. Where false every object's version is "null". */
  readonly versions: boolean
  /** `If-Match` and `If-None-Match: *` on writes are atomic. */
  readonly conditionalWrite: boolean
  /** `get` with `{ suffix }` needs no `head` first. */
  readonly suffixRange: boolean
  /** Algorithms that `put` can compute over the body (`PutOptions.digests`). */
  readonly digests: readonly Algorithm[]
}

/** Headers that are kept with an object and given back as they came (RFC 9110, S3 PutObject). */
export interface ObjectHeaders {
  readonly contentType?: string
  readonly cacheControl?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly expires?: string
}

/** A checksum kept with an object, as S3 gives it: base64, for COMPOSITE with `-N` behind it. */
export interface StoredChecksum {
  readonly algorithm: Algorithm
  readonly value: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** One version of one object, without its bytes. */
export interface ObjectInfo {
  readonly key: string
  readonly size: number
  /** Opaque, without the quotes that HTTP puts around it. */
  readonly etag: string
  /**
   * Whether the ETag is the MD5 of the bytes, or with `-N` that of its N parts' MD5s. Left out where the store does not
   * know (any 32 hex digits may be an ETag); false where it knows better, as for what S3 encrypts with KMS.
   */
  readonly etagIsMd5?: boolean
  readonly lastModified: Date
  /** "null" (the string, as S3 has it) where the store or bucket keeps no versions. */
  readonly versionId: string
  readonly isLatest: boolean
  readonly headers: ObjectHeaders
  /** User metadata; names in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>
  readonly checksums: readonly StoredChecksum[]
  /** Sizes of the parts when the object came by multipart, in order. */
  readonly partSizes?: readonly number[]
  /** Canonical id of the owner, where the store keeps one. */
  readonly owner?: string
}

/**
 * Conditions on reads, RFC 9110 §13.1; evaluated in the order of §13.2.2. ETags without quotes.
 */
export interface ReadConditions {
  readonly ifMatch?: readonly string[] | '*'
  readonly ifNoneMatch?: readonly string[] | '*'
  readonly ifModifiedSince?: Date
  readonly ifUnmodifiedSince?: Date
}

/** Conditions on writes: create only (`ifNoneMatch: '*'`), or replace only what is known (`ifMatch`). */
export interface WriteConditions {
  readonly ifNoneMatch?: '*'
  readonly ifMatch?: string
}

/** Which version, on what conditions. */
export interface HeadOptions {
  readonly versionId?: string
  readonly conditions?: ReadConditions
  readonly signal?: AbortSignal
}

/** What to read, and on what conditions. */
export interface GetOptions extends HeadOptions {
  /** Which bytes; all of them when left out. */
  readonly range?: RangeSpec
  /** Only this part (1-based) of a multipart object; `range` then counts within the whole object's part. */
  readonly partNumber?: number
}

/**
 * An object being read. Either iterate `body` (to its end or not: leaving the loop closes it) or dispose of the result;
 * an untouched result holds descriptors or a connection.
 */
export interface GetResult extends AsyncDisposable {
  readonly info: ObjectInfo
  /** The bytes that `body` will give, within `[0, info.size)`. */
  readonly range: ByteRange
  /** Exactly `range.end - range.start` bytes, or an error; never a short clean end. May be a `LeaseStream`. */
  readonly body: ByteStream | LeaseStream
}

/** Digests of a body, by algorithm: binary, as `checksums` gives them. */
export type Digests = Readonly<Partial<Record<Algorithm, Uint8Array>>>

/** What to keep with the bytes, and what must hold before they become visible. */
export interface PutOptions {
  readonly headers?: ObjectHeaders
  readonly metadata?: Readonly<Record<string, string>>
  readonly conditions?: WriteConditions
  /** The body's size where it is known. A body of another size is an error and nothing is stored. */
  readonly size?: number
  /** Computed over the body by the store (in worker threads where it has some) and passed to `beforeCommit`. */
  readonly digests?: readonly Algorithm[]
  /**
   * Called once, after the last byte and before anything becomes visible. What it throws refuses the write: nothing is
   * stored and the call rejects with that error. What it returns is kept with the object.
   */
  readonly beforeCommit?: (
    body: BodySummary,
  ) => CommitAdditions | undefined | Promise<CommitAdditions | undefined>
  readonly owner?: string
  readonly signal?: AbortSignal
}

/** What a store learnt of a body while it read it. */
export interface BodySummary {
  readonly size: number
  /** The algorithms asked for in `digests`, and `md5` where the store takes it for the ETag. */
  readonly digests: Digests
}

/** What `beforeCommit` may add, known only after the body (trailers). */
export interface CommitAdditions {
  readonly checksums?: readonly StoredChecksum[]
}

/** What was stored. */
export interface PutResult {
  readonly etag: string
  readonly versionId: string
  readonly size: number
  readonly lastModified: Date
  readonly checksums: readonly StoredChecksum[]
}

/** Which version, on what condition. */
export interface DeleteOptions {
  readonly versionId?: string
  readonly conditions?: { readonly ifMatch?: string }
  readonly signal?: AbortSignal
}

/** What deleting did. */
export interface DeleteResult {
  /** The version removed, or the delete marker made; undefined where there was nothing. */
  readonly versionId?: string
  readonly deleteMarker: boolean
}

/** Which part of the keys, in what form. */
export interface ListOptions {
  readonly prefix?: string
  /** Keys that share the text up to this delimiter (after `prefix`) are given once, as a prefix entry. */
  readonly delimiter?: string
  /** Only keys (and prefixes) strictly after this one, in UTF-8 byte order. */
  readonly startAfter?: string
  /** All versions and delete markers, newest first within a key. */
  readonly versions?: boolean
  /** With `versions` and `startAfter` as the key: only versions after this one. */
  readonly startAfterVersion?: string
  readonly signal?: AbortSignal
}

/** What a listing yields, in UTF-8 byte order of keys and prefixes. */
export type ListEntry =
  | { readonly type: 'object'; readonly info: ObjectInfo }
  | { readonly type: 'prefix'; readonly prefix: string }
  | {
      readonly type: 'delete-marker'
      readonly key: string
      readonly versionId: string
      readonly isLatest: boolean
      readonly lastModified: Date
      readonly owner?: string
    }

/** What the object will have when its upload is completed. */
export interface MultipartOptions {
  readonly headers?: ObjectHeaders
  readonly metadata?: Readonly<Record<string, string>>
  /** The checksum that parts carry and that `complete` combines. */
  readonly checksum?: {
    readonly algorithm: Algorithm
    readonly type: 'FULL_OBJECT' | 'COMPOSITE'
  }
  readonly owner?: string
  readonly signal?: AbortSignal
}

/** A part that is stored. */
export interface PartInfo {
  readonly partNumber: number
  readonly size: number
  readonly etag: string
  readonly lastModified: Date
  readonly checksums: readonly StoredChecksum[]
}

/** A part as the client names it on complete. */
export interface CompletedPart {
  readonly partNumber: number
  readonly etag: string
  /** Base64, compared with what was stored for the part. */
  readonly checksum?: { readonly algorithm: Algorithm; readonly value: string }
}

/** An upload in parts. It lives in the store, not in this object: `resumeMultipart` opens it again. */
export interface MultipartUpload {
  readonly key: string
  readonly uploadId: string
  readonly options: MultipartOptions
  readonly initiated: Date
  /** Part numbers are 1 to 10,000; a part sent again replaces the earlier one. */
  putPart(
    partNumber: number,
    body: ByteSource,
    options?: Pick<PutOptions, 'size' | 'digests' | 'beforeCommit' | 'signal'>,
  ): Promise<PartInfo>
  listParts(options?: {
    readonly startAfter?: number
    readonly signal?: AbortSignal
  }): AsyncIterable<PartInfo>
  /** Makes the object of exactly these parts, in this order, visible at once. */
  complete(
    parts: readonly CompletedPart[],
    options?: {
      readonly conditions?: WriteConditions
      /** Base64 of the whole object, checked against the combination of the parts. */
      readonly checksum?: StoredChecksum
      /** Smallest size of every part but the last. @default 5 MiB (S3) */
      readonly minPartSize?: number
      readonly signal?: AbortSignal
    },
  ): Promise<PutResult>
  abort(options?: { readonly signal?: AbortSignal }): Promise<void>
}

/** An upload as listings show it. */
export interface MultipartSummary {
  readonly key: string
  readonly uploadId: string
  readonly initiated: Date
  readonly owner?: string
}

/**
 * The one port: a flat, ordered map from keys to versions of objects. It has the least that an implementer must write;
 * convenience (`copyObject`, `deleteMany`, `getRanges`, `getText`) is free functions.
 *
 * Keys are any non-empty string of at most 1,024 UTF-8 bytes. What a store cannot do throws `NOT_SUPPORTED`; nothing
 * silently succeeds.
 */
export interface ObjectStore {
  readonly capabilities: StoreCapabilities
  get(key: string, options?: GetOptions): Promise<GetResult>
  head(key: string, options?: HeadOptions): Promise<ObjectInfo>
  /** Reads `body` once. Nothing is visible until all of it is stored; the call resolves after the commit. */
  put(key: string, body: ByteSource, options?: PutOptions): Promise<PutResult>
  /** Deleting what is not there succeeds, as in S3. */
  delete(key: string, options?: DeleteOptions): Promise<DeleteResult>
  list(options?: ListOptions): AsyncIterable<ListEntry>
  createMultipart(key: string, options?: MultipartOptions): Promise<MultipartUpload>
  /** @throws {ObjectStoreError} `NO_SUCH_UPLOAD` */
  resumeMultipart(key: string, uploadId: string): Promise<MultipartUpload>
  /** Uploads that are neither completed nor aborted, by key and then by time. */
  listMultipart(options?: {
    readonly prefix?: string
    readonly startAfter?: string
    readonly startAfterUpload?: string
    readonly signal?: AbortSignal
  }): AsyncIterable<MultipartSummary>
}

/** A bucket as listings show it. */
export interface BucketInfo {
  readonly name: string
  readonly created: Date
  readonly owner?: string
}

/** Buckets by name: what a server is given. */
export interface BucketRegistry {
  /** In UTF-8 byte order of names. */
  listBuckets(options?: { readonly signal?: AbortSignal }): AsyncIterable<BucketInfo>
  /** @throws {ObjectStoreError} `BUCKET_EXISTS` */
  createBucket(name: string, options?: { readonly owner?: string }): Promise<BucketInfo>
  /** @throws {ObjectStoreError} `NO_SUCH_BUCKET` */
  headBucket(name: string): Promise<BucketInfo>
  /** The bucket as a store. @throws {ObjectStoreError} `NO_SUCH_BUCKET` */
  openBucket(name: string): Promise<ObjectStore>
  /** @throws {ObjectStoreError} `NO_SUCH_BUCKET`, `BUCKET_NOT_EMPTY` */
  deleteBucket(name: string): Promise<void>
  /** A configuration document (CORS, lifecycle, policy, ...) kept with the bucket; undefined where there is none. */
  getDocument(bucket: string, document: string): Promise<string | undefined>
  /** Sets a configuration document; `undefined` removes it. */
  setDocument(bucket: string, document: string, text: string | undefined): Promise<void>
}
