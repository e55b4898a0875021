export { decodeAwsChunked, type DecodeOptions } from './decode.ts'
export {
  DEFAULT_CHUNK_SIZE,
  encodeAwsChunked,
  encodedLength,
  type EncodedLengthOptions,
  type EncodeOptions,
} from './encode.ts'
export { AwsChunkedError, type AwsChunkedErrorCode } from './errors.ts'
export { AWS_MIN_CHUNK_SIZE, type AwsChunkedLimits, DEFAULT_LIMITS } from './limits.ts'
export type { AwsChunkedMode } from './modes.ts'
export type { Trailers } from './trailers.ts'
