import { ObjectStoreError, type ObjectInfo, type PutOptions } from '@millrace/object-store'
import type { Entry } from './quorum-index.ts'
import type { ObjectRecord } from './records.ts'

/** The version id of everything in a bucket that keeps no versions. */
export const NULL_VERSION = 'null'

/** An object's record as the port shows it. */
export function infoOf(key: string, record: ObjectRecord): ObjectInfo {
  return {
    key,
    size: record.size,
    etag: record.etag,
    // This store makes its ETags itself, of MD5s and of nothing else.
    etagIsMd5: true,
    lastModified: new Date(record.modified),
    versionId: record.versionId,
    isLatest: true,
    headers: record.headers,
    metadata: record.metadata,
    checksums: record.checksums,
    ...(record.partSizes === undefined ? {} : { partSizes: record.partSizes }),
    ...(record.owner === undefined ? {} : { owner: record.owner }),
  }
}

/** The object record of an entry; another kind under an object's key is damage. */
export function objectOf(entry: Entry | undefined): ObjectRecord | undefined {
  if (entry === undefined) return undefined
  if (entry.record.kind === 'object') return entry.record
  throw new ObjectStoreError('CORRUPT', `Found a ${entry.record.kind} record under an object's key`)
}

export function notFound(key: string): ObjectStoreError {
  return new ObjectStoreError('NOT_FOUND', `No such object: ${key}`)
}

export function noSuchVersion(key: string, versionId: string): ObjectStoreError {
  return new ObjectStoreError('NO_SUCH_VERSION', `No version ${versionId} of ${key}`)
}

/** What a caller of `put` or `createMultipart` wants kept with the object. */
export function keptWith(
  options: Pick<PutOptions, 'headers' | 'metadata' | 'owner'>,
): Pick<ObjectRecord, 'headers' | 'metadata' | 'owner'> {
  return {
    headers: options.headers ?? {},
    metadata: options.metadata ?? {},
    ...(options.owner === undefined ? {} : { owner: options.owner }),
  }
}
