import type { StoredChecksum } from '@millrace/object-store'
import {
  CHECKSUM_HEADERS,
  type ChecksumAlgorithm,
  type StatedChecksum,
} from '@millrace/s3-protocol'

const BY_NAME: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  Object.values(CHECKSUM_HEADERS).map(({ name, algorithm }) => [name, algorithm]),
)

/** The checksums that S3 has a name for; a store may keep others beside them. */
export function statedChecksums(stored: readonly StoredChecksum[]): StatedChecksum[] {
  const stated: StatedChecksum[] = []
  for (const { algorithm, value, type } of stored) {
    const name = BY_NAME.get(algorithm)
    if (name !== undefined) stated.push({ algorithm: name, value, type })
  }
  return stated
}

/** Checksums as elements of a document. */
export function checksumElements(
  stored: readonly StoredChecksum[],
): Partial<Record<`Checksum${ChecksumAlgorithm}`, string>> {
  const elements: Partial<Record<`Checksum${ChecksumAlgorithm}`, string>> = {}
  for (const { algorithm, value } of statedChecksums(stored)) {
    elements[CHECKSUM_HEADERS[algorithm].element] = value
  }
  return elements
}

/** S3's name of the algorithm under which `@millrace/checksums` knows it. */
export function checksumName(algorithm: string): ChecksumAlgorithm | undefined {
  return BY_NAME.get(algorithm)
}
