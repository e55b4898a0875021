/** Bytes in motion: what Millrace functions return and pass on. Each chunk belongs to its consumer for ever. */
export type ByteStream = AsyncIterable<Uint8Array>

/** What Millrace functions accept as bytes: anything that can be iterated, synchronously or not. */
export type ByteSource = ByteStream | Iterable<Uint8Array>

/** The middle of a pipe: fits it-pipe's `pipe(source, transform, sink)` as it stands. */
export type ByteTransform = (source: ByteStream) => AsyncGenerator<Uint8Array, void, undefined>
