/** Where a hash is computed: in compiled code of Node.js or of an addon, or in WebAssembly that runs everywhere. */
export type Engine = 'native' | 'portable'

/** @internal A hash under way, without the checks of a Hasher. Every array it returns is the caller's own. */
export interface HashState {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

/** @internal One algorithm on one engine. */
export interface HashEngine {
  start(): HashState
  /** The digest of bytes that lie there whole; left out where it would be no faster than `start`. */
  once?(bytes: Uint8Array): Uint8Array
}
