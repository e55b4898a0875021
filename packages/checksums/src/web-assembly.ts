/** Declared here because only lib.dom has it, and Node.js code has no business with the rest of that. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/**
 * @internal Instantiates a small module at once. No `await` at import: a package that has one at its top level cannot be
 * loaded with `require()`.
 */
export function instantiate(bytes: Uint8Array): unknown {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
}

/** @internal A module's memory. */
export interface Memory {
  readonly buffer: ArrayBuffer
}

/**
 * @internal The first address from `base` with the misalignment of `bytes`. V8 copies from shared memory word by word only
 * between places that are aligned alike, and else byte by byte at a seventh of the speed.
 *
 * @param base a multiple of 8, with 7 bytes to spare after the copy
 */
export function alignedLike(bytes: Uint8Array, base: number): number {
  return base + (bytes.byteOffset & 7)
}
