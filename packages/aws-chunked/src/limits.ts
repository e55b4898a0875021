import { checkSize } from './errors.ts'

/** What a client may make the decoder hold. */
export interface AwsChunkedLimits {
  /** Bytes of one chunk's header line with its CRLF. @default 4096 */
  readonly maxHeaderBytes: number
  /** Extensions beside a chunk's size, in an unsigned body. @default 4 */
  readonly maxExtensions: number
  /** Bytes of all that follows the last chunk's header. @default 8192 */
  readonly maxTrailerBytes: number
  /** Trailers, the signature not counted. @default 8 */
  readonly maxTrailers: number
}

/** The limits that hold when nothing else is said. */
export const DEFAULT_LIMITS: AwsChunkedLimits = Object.freeze({
  maxHeaderBytes: 4096,
  maxExtensions: 4,
  maxTrailerBytes: 8192,
  maxTrailers: 8,
})

/** AWS refuses smaller chunks, but for the last one: 8 KiB. */
export const AWS_MIN_CHUNK_SIZE = 8192

/** @internal */
export function resolveLimits(limits: Partial<AwsChunkedLimits> = {}): AwsChunkedLimits {
  const resolved = { ...DEFAULT_LIMITS, ...limits }
  checkSize('limits.maxHeaderBytes', resolved.maxHeaderBytes, 1)
  checkSize('limits.maxExtensions', resolved.maxExtensions, 0)
  checkSize('limits.maxTrailerBytes', resolved.maxTrailerBytes, 2)
  checkSize('limits.maxTrailers', resolved.maxTrailers, 0)
  return resolved
}
