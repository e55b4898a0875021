import type { ObjectInfo, ObjectStore } from '@millrace/object-store'
import type { HeadObjectOutput, ReadObjectInput } from '@millrace/s3-protocol'
import { statedChecksums } from './stated-checksums.ts'

/** The version to name in an answer: none where the bucket keeps no versions. */
export function versionIdOf(store: ObjectStore, versionId: string): string | undefined {
  return store.capabilities.versions ? versionId : undefined
}

/** What HeadObject and GetObject say about an object. */
export function objectOutput(
  store: ObjectStore,
  info: ObjectInfo,
  input: ReadObjectInput,
  range: { readonly start: number; readonly end: number },
  partial: boolean,
): HeadObjectOutput {
  return {
    etag: info.etag,
    lastModified: info.lastModified,
    size: info.size,
    range,
    partial,
    versionId: versionIdOf(store, info.versionId),
    headers: info.headers,
    overrides: input.overrides,
    metadata: info.metadata,
    // A checksum of the whole says nothing about a part of it: clients would compare it and fail.
    checksums:
      input.checksumMode && range.start === 0 && range.end === info.size
        ? statedChecksums(info.checksums)
        : undefined,
    partsCount: input.partNumber === undefined ? undefined : info.partSizes?.length,
  }
}
