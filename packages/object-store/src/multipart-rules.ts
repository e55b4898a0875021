import { ObjectStoreError } from './errors.ts'
import type { CompletedPart, PartInfo } from './port.ts'

/** Highest part number (Amazon S3 user guide, "Multipart upload limits"). */
export const MAX_PART_NUMBER = 10_000

/** Smallest size of every part but the last, in bytes: 5 MiB (same page). */
export const MIN_PART_SIZE: number = 5 * 1024 * 1024

/**
 * Refuses what is no part number.
 *
 * @param partNumber - 1 to {@link MAX_PART_NUMBER}
 * @throws {ObjectStoreError} `INVALID_ARGUMENT`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkPartNumber } from '@millrace/object-store'
 *
 * assert.throws(() => checkPartNumber(0), { code: 'INVALID_ARGUMENT' })
 * ```
 */
export function checkPartNumber(partNumber: number): void {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MAX_PART_NUMBER) {
    throw new ObjectStoreError(
      'INVALID_ARGUMENT',
      `Part number must be from 1 to ${MAX_PART_NUMBER}: ${partNumber}`,
    )
  }
}

/**
 * Checks the list of parts that a client completes an upload with: at least one, numbers strictly ascending, each stored
 * with that ETag (and checksum), each but the last large enough.
 *
 * @param parts - as the client named them
 * @param stored - looks up what the store holds for a part number
 * @param minPartSize - in bytes
 * @returns the stored parts, in order
 * @throws {ObjectStoreError} `INVALID_ARGUMENT`, `INVALID_PART_ORDER`, `INVALID_PART`, `PART_TOO_SMALL`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkCompletedParts } from '@millrace/object-store'
 *
 * const part = { partNumber: 1, size: 1, etag: 'x', lastModified: new Date(0), checksums: [] }
 * assert.deepEqual(checkCompletedParts([{ partNumber: 1, etag: 'x' }], () => part), [part])
 * assert.throws(() => checkCompletedParts([{ partNumber: 1, etag: 'y' }], () => part), {
 *   code: 'INVALID_PART',
 * })
 * ```
 */
export function checkCompletedParts<P extends PartInfo>(
  parts: readonly CompletedPart[],
  stored: (partNumber: number) => P | undefined,
  minPartSize: number = MIN_PART_SIZE,
): P[] {
  if (parts.length === 0) {
    throw new ObjectStoreError('INVALID_ARGUMENT', 'An upload is completed with at least one part')
  }
  let last = 0
  for (const { partNumber } of parts) {
    checkPartNumber(partNumber)
    if (partNumber <= last) {
      throw new ObjectStoreError(
        'INVALID_PART_ORDER',
        `Part numbers must ascend: ${partNumber} comes after ${last}`,
      )
    }
    last = partNumber
  }
  return parts.map((part, index) => {
    const found = stored(part.partNumber)
    if (found === undefined || found.etag !== part.etag || !sameChecksum(part, found)) {
      throw new ObjectStoreError(
        'INVALID_PART',
        `Part is missing or is another one than the client names: ${part.partNumber}`,
        { details: { partNumber: part.partNumber } },
      )
    }
    if (index < parts.length - 1 && found.size < minPartSize) {
      throw new ObjectStoreError(
        'PART_TOO_SMALL',
        `Part ${part.partNumber} has ${found.size} bytes: ${minPartSize} is the least for all but the last`,
        { details: { partNumber: part.partNumber, size: found.size, minimum: minPartSize } },
      )
    }
    return found
  })
}

function sameChecksum(part: CompletedPart, stored: PartInfo): boolean {
  if (part.checksum === undefined) return true
  const { algorithm, value } = part.checksum
  return stored.checksums.some((one) => one.algorithm === algorithm && one.value === value)
}
