import type { ListEntry, ListOptions, ObjectInfo } from '@millrace/object-store'
import type { ListingInput, XmlValue } from '@millrace/s3-protocol'
import { statedChecksums } from './stated-checksums.ts'

/** What a store is asked for by any listing. */
export function listOptions(
  { prefix, delimiter }: ListingInput,
  startAfter: string,
  signal: AbortSignal,
): ListOptions {
  return {
    signal,
    ...(prefix === '' ? {} : { prefix }),
    ...(delimiter === '' ? {} : { delimiter }),
    ...(startAfter === '' ? {} : { startAfter }),
  }
}

/** Objects as elements of a listing. */
export async function* objectElements(
  entries: AsyncIterable<ListEntry>,
  withOwner: boolean,
): AsyncGenerator<XmlValue<'Object'>, void, undefined> {
  for await (const entry of entries) {
    if (entry.type === 'object') yield objectElement(entry.info, withOwner)
  }
}

function objectElement(info: ObjectInfo, withOwner: boolean): XmlValue<'Object'> {
  return {
    Key: info.key,
    LastModified: info.lastModified,
    ETag: info.etag,
    ...checksumKinds(info),
    Size: info.size,
    Owner: withOwner ? ownerElement(info.owner) : undefined,
    StorageClass: 'STANDARD',
  }
}

/** Which checksums an object has, without their values. */
export function checksumKinds(
  info: ObjectInfo,
): Pick<XmlValue<'Object'>, 'ChecksumAlgorithm' | 'ChecksumType'> {
  if (info.checksums.length === 0) return {}
  const stated = statedChecksums(info.checksums)
  return {
    ChecksumAlgorithm: stated.map(({ algorithm }) => algorithm),
    ChecksumType: stated[0]?.type,
  }
}

/** An owner of whom only the canonical id is known. */
export function ownerElement(owner: string | undefined): XmlValue<'Owner'> | undefined {
  return owner === undefined ? undefined : { ID: owner, DisplayName: owner }
}
