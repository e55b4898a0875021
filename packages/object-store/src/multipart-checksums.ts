import {
  type Algorithm,
  combineCrcs,
  compositeChecksum,
  type CrcAlgorithm,
  encodeBase64,
  findS3Checksum,
  parseChecksum,
  type S3ChecksumAlgorithm,
} from '@millrace/checksums'
import { ObjectStoreError } from './errors.ts'
import type { Digests, MultipartOptions, PartInfo, StoredChecksum } from './port.ts'

/**
 * Refuses pairs of algorithm and type that S3 does not have (Amazon S3 user guide, "Checking object integrity"):
 * FULL_OBJECT needs a CRC, and CRC64NVME is FULL_OBJECT only.
 *
 * @param checksum - what the upload is to carry
 * @throws {ObjectStoreError} `INVALID_ARGUMENT`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkMultipartChecksum } from '@millrace/object-store'
 *
 * assert.throws(() => checkMultipartChecksum({ algorithm: 'sha256', type: 'FULL_OBJECT' }), {
 *   code: 'INVALID_ARGUMENT',
 * })
 * ```
 */
export function checkMultipartChecksum(checksum: MultipartOptions['checksum']): void {
  if (checksum === undefined) return
  const { algorithm, type } = checksum
  if (findS3Checksum(algorithm)?.types.includes(type) !== true) {
    throw new ObjectStoreError(
      'INVALID_ARGUMENT',
      `Checksum ${algorithm} cannot be of this type in a multipart upload: ${type}`,
    )
  }
}

/**
 * The checksums to keep with a part: those that `beforeCommit` added, and the upload's own algorithm as computed.
 *
 * @param algorithm - the upload's algorithm, where it has one
 * @param digests - computed over the part's body
 * @param added - what `beforeCommit` returned
 * @returns base64 checksums, one for each algorithm
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { partChecksums } from '@millrace/object-store'
 *
 * assert.deepEqual(partChecksums('crc32', { crc32: Uint8Array.of(0, 0, 0, 1) }, undefined), [
 *   { algorithm: 'crc32', value: 'AAAAAQ==', type: 'FULL_OBJECT' },
 * ])
 * ```
 */
export function partChecksums(
  algorithm: Algorithm | undefined,
  digests: Digests,
  added: readonly StoredChecksum[] | undefined,
): StoredChecksum[] {
  const checksums = [...(added ?? [])]
  const own = algorithm === undefined ? undefined : digests[algorithm]
  if (
    algorithm !== undefined &&
    own !== undefined &&
    !checksums.some((one) => one.algorithm === algorithm)
  ) {
    checksums.push({ algorithm, value: encodeBase64(own), type: 'FULL_OBJECT' })
  }
  return checksums
}

/**
 * The checksum of a multipart object from those of its parts: for COMPOSITE the hash of the parts' binary checksums with
 * `-N` behind it, for FULL_OBJECT the combination of the CRCs.
 *
 * @param parts - in order, each with the upload's checksum
 * @param checksum - the upload's algorithm and type
 * @param expected - what the client says the whole object has
 * @returns what to keep with the object; nothing where the upload has no checksum
 * @throws {ObjectStoreError} `INVALID_PART` where a part lacks the checksum, `CHECKSUM_MISMATCH` where the client's differs
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { combinePartChecksums } from '@millrace/object-store'
 *
 * assert.deepEqual(combinePartChecksums([], undefined, undefined), [])
 * ```
 */
export function combinePartChecksums(
  parts: readonly PartInfo[],
  checksum: MultipartOptions['checksum'],
  expected: StoredChecksum | undefined,
): StoredChecksum[] {
  if (checksum === undefined) return []
  const { algorithm, type } = checksum
  const values = parts.map((part) => {
    const found = part.checksums.find((one) => one.algorithm === algorithm)
    if (found === undefined) {
      throw new ObjectStoreError('INVALID_PART', `Part has no ${algorithm}: ${part.partNumber}`, {
        details: { partNumber: part.partNumber },
      })
    }
    return { length: part.size, crc: parseChecksum(algorithm, found.value) }
  })
  const value =
    type === 'COMPOSITE'
      ? compositeChecksum(
          algorithm as S3ChecksumAlgorithm,
          values.map(({ crc }) => crc),
        )
      : encodeBase64(combineCrcs(algorithm as CrcAlgorithm, values))
  if (expected !== undefined && expected.algorithm === algorithm && expected.value !== value) {
    throw new ObjectStoreError(
      'CHECKSUM_MISMATCH',
      `Object has ${algorithm} ${value}, not the client's: ${expected.value}`,
    )
  }
  return [{ algorithm, value, type }]
}
