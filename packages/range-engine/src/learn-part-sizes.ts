import type { GetResult, ObjectInfo } from '@millrace/object-store'

/** The number of parts in the ETag of a multipart object: 32 hex digits, `-`, the count. */
const MULTIPART_ETAG = /^[0-9a-f]{32}-(\d+)$/i

/** Whether only the sizes of its parts are missing to check an object against its ETag. */
export function lacksPartSizes(info: ObjectInfo): boolean {
  return (
    info.etagIsMd5 === true &&
    info.partSizes === undefined &&
    MULTIPART_ETAG.test(info.etag) &&
    info.checksums.every(({ type }) => type !== 'FULL_OBJECT')
  )
}

/**
 * Learns how a multipart object was cut, where the store does not say: clients cut into equal parts, so the places of the
 * first and the last part (S3's `partNumber`) tell all of them. Nothing of their bodies is read.
 *
 * @param info - the object, for which `lacksPartSizes` holds
 * @param openPart - opens one part of that same version
 * @returns the sizes of all parts; undefined where the store does not tell or the parts are not equal
 */
export async function learnPartSizes(
  info: ObjectInfo,
  openPart: (partNumber: number) => Promise<GetResult>,
): Promise<readonly number[] | undefined> {
  const count = Number(MULTIPART_ETAG.exec(info.etag)?.[1])
  const placeOf = async (partNumber: number) => {
    const part = await openPart(partNumber)
    await part[Symbol.asyncDispose]()
    return part.range
  }
  try {
    if (count === 1) return [info.size]
    const first = await placeOf(1)
    const last = await placeOf(count)
    const size = first.end
    if (first.start !== 0 || last.start !== size * (count - 1) || last.end !== info.size) {
      return undefined
    }
    return Array.from({ length: count }, (_, i) => (i < count - 1 ? size : last.end - last.start))
  } catch {
    // Not every store knows parts. The object is then read without this check, and the result says so.
    return undefined
  }
}
