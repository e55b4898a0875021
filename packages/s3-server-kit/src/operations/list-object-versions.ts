import type { BucketRegistry, ListEntry } from '@millrace/object-store'
import type { XmlValue } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { checksumKinds, listOptions, ownerElement } from '../list-entries.ts'
import { type Page, pageOf } from '../page.ts'

type Entry = Exclude<ListEntry, { readonly type: 'prefix' }>

/** ListObjectVersions; in a bucket without versions every object is version "null". */
export function listObjectVersions(registry: BucketRegistry): Operation<'ListObjectVersions'> {
  return async (input, { signal }) => {
    const store = await registry.openBucket(input.bucket)
    const { versionIdMarker } = input
    const listing = store.list({
      ...listOptions(input, input.keyMarker, signal),
      versions: true,
      ...(versionIdMarker === undefined ? {} : { startAfterVersion: versionIdMarker }),
    })
    const page = pageOf(listing, input.maxKeys)
    const markers: XmlValue<'DeleteMarker'>[] = []
    return {
      encodingType: input.encodingType,
      document: {
        Name: input.bucket,
        Prefix: input.prefix,
        KeyMarker: input.keyMarker,
        VersionIdMarker: versionIdMarker ?? '',
        MaxKeys: input.maxKeys,
        Delimiter: input.delimiter === '' ? undefined : input.delimiter,
        EncodingType: input.encodingType,
        Version: versionElements(page, markers),
        DeleteMarker: () => markers,
        CommonPrefixes: () => page.prefixes,
        IsTruncated: () => page.truncated,
        NextKeyMarker: () => (page.truncated ? page.last : undefined),
        NextVersionIdMarker: () => (page.truncated ? lastVersion(page) : undefined),
      },
    }
  }
}

function lastVersion({ lastEntry }: Page<Entry>): string | undefined {
  if (lastEntry === undefined) return undefined
  return lastEntry.type === 'object' ? lastEntry.info.versionId : lastEntry.versionId
}

/** Versions as they come; delete markers, of which there are at most a page, are written behind them. */
async function* versionElements(
  page: Page<Entry>,
  markers: XmlValue<'DeleteMarker'>[],
): AsyncGenerator<XmlValue<'Version'>, void, undefined> {
  for await (const entry of page.entries) {
    if (entry.type === 'delete-marker') {
      const { key, versionId, isLatest, lastModified, owner } = entry
      markers.push({
        Key: key,
        VersionId: versionId,
        IsLatest: isLatest,
        LastModified: lastModified,
        Owner: ownerElement(owner),
      })
      continue
    }
    const { info } = entry
    yield {
      Key: info.key,
      VersionId: info.versionId,
      IsLatest: info.isLatest,
      LastModified: info.lastModified,
      ETag: info.etag,
      ...checksumKinds(info),
      Size: info.size,
      Owner: ownerElement(info.owner),
      StorageClass: 'STANDARD',
    }
  }
}
