import type { ObjectInfo } from '@millrace/object-store'

/** RFC 9110 §13.1.5: the tag must match strongly, a date must be exactly the one of Last-Modified. */
export function ifRangeHolds(
  info: Pick<ObjectInfo, 'etag' | 'lastModified'>,
  ifRange: string | Date,
): boolean {
  if (typeof ifRange === 'string') return ifRange === info.etag && !ifRange.startsWith('W/')
  return Math.floor(info.lastModified.getTime() / 1000) === Math.floor(ifRange.getTime() / 1000)
}
