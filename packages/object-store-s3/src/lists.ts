import {
  compareKeys,
  type ListEntry,
  type ListOptions,
  type MultipartSummary,
  type ObjectInfo,
  type ObjectStore,
} from '@millrace/object-store'
import { unquoteEtag } from '@millrace/object-store/http'
import type { S3Client } from './client.ts'
import { childrenOf, parseAnswer, requiredText, textOf, type XmlElement } from './xml.ts'

const PAGE = 1000

/** Keys come percent-encoded, since XML cannot hold every character that a key may have. */
function keyOf(element: XmlElement, name: string): string {
  return decodeKey(requiredText(element, name))
}

function decodeKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'))
}

interface Page {
  readonly root: XmlElement
  readonly entries: readonly (readonly [name: string, entry: ListEntry])[]
}

async function fetchPage(
  client: S3Client,
  query: Readonly<Record<string, string | number | undefined>>,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const { text } = await client.sendForText({
    method: 'GET',
    query: { ...query, 'encoding-type': 'url' },
    expect: [200],
    signal,
  })
  const root = parseAnswer(text)
  const entries: (readonly [string, ListEntry])[] = []
  for (const child of root.children) {
    if (child.name === 'CommonPrefixes') {
      const prefix = keyOf(child, 'Prefix')
      entries.push([prefix, { type: 'prefix', prefix }])
    } else if (child.name === 'Contents' || child.name === 'Version') {
      const info = infoOfElement(child)
      entries.push([info.key, { type: 'object', info }])
    } else if (child.name === 'DeleteMarker') {
      const { key, versionId, isLatest, lastModified, owner } = infoOfElement(child)
      const rest = owner === undefined ? {} : { owner }
      entries.push([
        key,
        { type: 'delete-marker', key, versionId, isLatest, lastModified, ...rest },
      ])
    }
  }
  return { root, entries }
}

function infoOfElement(element: XmlElement): ObjectInfo {
  const owner = element.children.find(({ name }) => name === 'Owner')
  const ownerId = owner === undefined ? undefined : textOf(owner, 'ID')
  return {
    key: keyOf(element, 'Key'),
    size: Number(textOf(element, 'Size') ?? 0),
    etag: unquoteEtag(textOf(element, 'ETag') ?? ''),
    lastModified: new Date(requiredText(element, 'LastModified')),
    versionId: textOf(element, 'VersionId') ?? 'null',
    isLatest: textOf(element, 'IsLatest') !== 'false',
    headers: {},
    metadata: {},
    checksums: [],
    ...(ownerId === undefined ? {} : { owner: ownerId }),
  }
}

export async function* listObjects(
  client: S3Client,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const { prefix, delimiter, startAfter, versions = false, signal } = options
  let mark: Readonly<Record<string, string | undefined>> = versions
    ? {
        'key-marker': startAfter,
        'version-id-marker': startAfter === undefined ? undefined : options.startAfterVersion,
      }
    : { 'start-after': startAfter }
  let lastPrefix: string | undefined
  for (;;) {
    const { root, entries } = await fetchPage(
      client,
      {
        ...(versions ? { versions: '' } : { 'list-type': 2 }),
        prefix: prefix || undefined,
        delimiter: delimiter || undefined,
        'max-keys': PAGE,
        ...mark,
      },
      signal,
    )
    const ordered = entries.toSorted(
      ([a, first], [b, second]) => compareKeys(a, b) || newerFirst(first, second),
    )
    for (const [name, entry] of ordered) {
      if (entry.type === 'prefix') {
        // S3 gives the prefix of `startAfter` itself again, and some servers repeat one on the next page.
        const seen = startAfter !== undefined && compareKeys(name, startAfter) <= 0
        if (seen || name === lastPrefix) continue
        lastPrefix = name
      }
      yield entry
    }
    if (textOf(root, 'IsTruncated') !== 'true') return
    const next: typeof mark = versions
      ? {
          'key-marker': nextKey(root),
          'version-id-marker': textOf(root, 'NextVersionIdMarker'),
        }
      : { 'continuation-token': textOf(root, 'NextContinuationToken') }
    // A server that says "more" and not where would be asked for the same page for ever.
    if (Object.values(next)[0] === undefined || JSON.stringify(next) === JSON.stringify(mark))
      return
    mark = next
  }
}

/** Objects, prefixes and delete markers may come in runs of their own, so that a key's versions are to be merged. */
function newerFirst(a: ListEntry, b: ListEntry): number {
  if (a.type === 'prefix' || b.type === 'prefix') return 0
  const one = a.type === 'object' ? a.info : a
  const other = b.type === 'object' ? b.info : b
  if (one.isLatest !== other.isLatest) return one.isLatest ? -1 : 1
  return other.lastModified.getTime() - one.lastModified.getTime()
}

function nextKey(root: XmlElement): string | undefined {
  const text = textOf(root, 'NextKeyMarker')
  return text === undefined ? undefined : decodeKey(text)
}

export async function* listUploads(
  client: S3Client,
  options: NonNullable<Parameters<ObjectStore['listMultipart']>[0]>,
): AsyncGenerator<MultipartSummary, void, undefined> {
  const { prefix, signal } = options
  let key = options.startAfter
  let upload = options.startAfterUpload
  for (;;) {
    const { text } = await client.sendForText({
      method: 'GET',
      query: {
        uploads: '',
        'encoding-type': 'url',
        'max-uploads': PAGE,
        prefix: prefix || undefined,
        'key-marker': key,
        'upload-id-marker': key === undefined ? undefined : upload,
      },
      expect: [200],
      signal,
    })
    const root = parseAnswer(text)
    for (const element of childrenOf(root, 'Upload')) {
      const owner = element.children.find(({ name }) => name === 'Owner')
      const ownerId = owner === undefined ? undefined : textOf(owner, 'ID')
      yield {
        key: keyOf(element, 'Key'),
        uploadId: requiredText(element, 'UploadId'),
        initiated: new Date(requiredText(element, 'Initiated')),
        ...(ownerId === undefined ? {} : { owner: ownerId }),
      }
    }
    if (textOf(root, 'IsTruncated') !== 'true') return
    const next = nextKey(root)
    const nextUpload = textOf(root, 'NextUploadIdMarker')
    if (next === undefined || (next === key && nextUpload === upload)) return
    key = next
    upload = nextUpload
  }
}
