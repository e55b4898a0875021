/** Bytes in motion: what Millrace functions return and pass on. Each chunk belongs to its consumer for ever. */
export type ByteStream = AsyncIterable<Uint8Array>

/** What Millrace functions accept as bytes: anything that can be iterated, synchronously or not. */
export type ByteSource = ByteStream | Iterable<Uint8Array>

/** The middle of a pipe: fits it-pipe's `pipe(source, transform, sink)` as it stands. */
export type ByteTransform = (source: ByteStream) => AsyncGenerator<Uint8Array, void, undefined>

/** A {@link ByteTransform} that takes plain iterables too, so that it may stand first after an array. */
export type ByteStage = (source: ByteSource) => AsyncGenerator<Uint8Array, void, undefined>

export { type CollectOptions, collect, concatBytes, DEFAULT_COLLECT_LIMIT } from './collect.ts'
export { ByteStreamError, type ByteStreamErrorCode } from './errors.ts'
export { exactBytes, type LengthMismatch, type LengthOptions, limitBytes } from './limit-bytes.ts'
export { rechunk } from './rechunk.ts'
export { tap } from './tap.ts'
export { withSignal } from './with-signal.ts'
