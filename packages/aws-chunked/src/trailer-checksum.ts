import {
  ChecksumError,
  createHasher,
  findS3Checksum,
  type Hasher,
  parseChecksum,
} from '@millrace/checksums'
import { AwsChunkedError } from './errors.ts'
import type { Trailers } from './trailers.ts'

/** Hashes what passes for each checksum trailer that is announced. */
export interface TrailerChecksums {
  update(bytes: Uint8Array): void
  /** @throws {AwsChunkedError} `BadDigest` if a checksum is another, `InvalidRequest` if it is none. */
  verify(trailers: Trailers): void
}

/** Starts a hash for each announced trailer that is a checksum of S3's; other trailers are left to the caller. */
export function createTrailerChecksums(expected: ReadonlySet<string>): TrailerChecksums {
  const hashers: (readonly [string, Hasher])[] = []
  for (const name of expected) {
    const checksum = findS3Checksum(name)
    if (checksum?.header === name) hashers.push([name, createHasher(checksum.algorithm)])
  }
  return {
    update(bytes) {
      for (const [, hasher] of hashers) hasher.update(bytes)
    },
    verify(trailers) {
      for (const [name, hasher] of hashers) {
        const digest = hasher.digest()
        if (Buffer.compare(digest, readChecksum(name, hasher, trailers)) !== 0) {
          throw new AwsChunkedError(
            'BadDigest',
            `The ${name} you specified did not match the calculated checksum`,
          )
        }
      }
    },
  }
}

function readChecksum(name: string, hasher: Hasher, trailers: Trailers): Uint8Array {
  try {
    return parseChecksum(hasher.algorithm, trailers.get(name) ?? '')
  } catch (cause) {
    if (!(cause instanceof ChecksumError)) throw cause
    throw new AwsChunkedError('InvalidRequest', `Value for ${name} trailing header is invalid`, {
      cause,
    })
  }
}
