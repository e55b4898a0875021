export {
  type Algorithm,
  ALGORITHMS,
  type CrcAlgorithm,
  digestLength,
  isAlgorithm,
} from './algorithms.ts'
export { decodeBase64, encodeBase64, MAX_BASE64_LENGTH } from './base64.ts'
export { BLAKE3_LENGTH, blake3Engine, blake3Into } from './blake3.ts'
export { combineCrc, combineCrcs, type CrcPart } from './combine.ts'
export type { Engine } from './engine.ts'
export { type ChecksumArgumentErrorCode, ChecksumError, type ChecksumErrorCode } from './errors.ts'
export { etagOf, multipartEtag } from './etag.ts'
export { createHasher, digestOf, enginesOf, type Hasher, type HasherOptions } from './hasher.ts'
export {
  compositeChecksum,
  findS3Checksum,
  parseChecksum,
  S3_CHECKSUMS,
  type S3Checksum,
  type S3ChecksumAlgorithm,
  type S3ChecksumType,
} from './s3-checksums.ts'
export { checksumTap, type Digests } from './tap.ts'
