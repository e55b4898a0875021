import {
  type Algorithm,
  combineCrcs,
  compositeChecksum,
  type CrcAlgorithm,
  encodeBase64,
  etagOf,
  multipartEtag,
  type S3ChecksumAlgorithm,
} from '@millrace/checksums'
import type { ObjectInfo, StoredChecksum } from '@millrace/object-store'
import { RangeEngineError } from './errors.ts'

/**
 * How the bytes are checked. `parts`: a digest of each part, in any order, combined at the end; `whole`: one digest over all
 * bytes in order.
 */
export type Verification =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'whole'
      readonly algorithm: Algorithm
      check(digest: Uint8Array): void
    }
  | {
      readonly kind: 'parts'
      readonly algorithm: Algorithm
      /** Where the digests belong to parts of the upload, their sizes: the transfer must be split just so. */
      readonly sizes: readonly number[] | undefined
      check(parts: readonly { readonly digest: Uint8Array; readonly length: number }[]): void
    }

/** From the cheapest: CRCs are taken part by part in any order, the others need the bytes in order. */
const PREFERENCE: readonly Algorithm[] = ['crc32', 'crc64nvme', 'crc32c', 'sha256', 'sha1', 'md5']

/**
 * Chooses what to check an object against: its own checksum of the whole object, else the ETag where it is the MD5, else
 * what is made of the parts' checksums or MD5s where the sizes of the parts are known.
 *
 * @param info - what the store says about the object
 * @returns how to verify; `none` where the store offers nothing to check against
 */
export function chooseVerification(info: ObjectInfo): Verification {
  const whole = info.checksums
    .filter(({ type }) => type === 'FULL_OBJECT')
    .toSorted((a, b) => PREFERENCE.indexOf(a.algorithm) - PREFERENCE.indexOf(b.algorithm))
    .find(({ algorithm }) => PREFERENCE.includes(algorithm))
  if (whole !== undefined) return fullObject(info, whole)
  const { partSizes: sizes } = info
  const composite = info.checksums.find(({ type }) => type === 'COMPOSITE')
  if (composite !== undefined && sizes !== undefined) {
    return {
      kind: 'parts',
      algorithm: composite.algorithm,
      sizes,
      check: (parts) =>
        compare(
          info,
          composite.algorithm,
          composite.value,
          compositeChecksum(
            composite.algorithm as S3ChecksumAlgorithm,
            parts.map(({ digest }) => digest),
          ),
        ),
    }
  }
  if (info.etagIsMd5 !== true) return { kind: 'none' }
  if (!info.etag.includes('-')) {
    return {
      kind: 'whole',
      algorithm: 'md5',
      check: (digest) => compare(info, 'md5', info.etag, etagOf(digest)),
    }
  }
  if (sizes === undefined) return { kind: 'none' }
  return {
    kind: 'parts',
    algorithm: 'md5',
    sizes,
    check: (parts) =>
      compare(info, 'md5', info.etag, multipartEtag(parts.map(({ digest }) => digest))),
  }
}

function fullObject(info: ObjectInfo, { algorithm, value }: StoredChecksum): Verification {
  const expected = value
  if (algorithm === 'crc32' || algorithm === 'crc32c' || algorithm === 'crc64nvme') {
    const crc: CrcAlgorithm = algorithm
    return {
      kind: 'parts',
      algorithm,
      sizes: undefined,
      check: (parts) => {
        const whole = combineCrcs(
          crc,
          parts.map(({ digest, length }) => ({ crc: digest, length })),
        )
        compare(info, algorithm, expected, encodeBase64(whole))
      },
    }
  }
  return {
    kind: 'whole',
    algorithm,
    check: (digest) => compare(info, algorithm, expected, encodeBase64(digest)),
  }
}

function compare(info: ObjectInfo, algorithm: Algorithm, expected: string, actual: string): void {
  if (expected === actual) return
  throw new RangeEngineError(
    'ERR_RANGE_ENGINE_CHECKSUM',
    `Bytes received are not the object's: ${algorithm} is ${actual}, not ${expected}: ${info.key}`,
  )
}
