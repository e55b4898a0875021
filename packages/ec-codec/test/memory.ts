import { SCRATCH_BYTES } from '@millrace/ec-codec'

/** The one memory of a test file, and the scratch at its start. */
export const memory = new WebAssembly.Memory({
  initial: 40,
  maximum: 40,
  shared: true,
}) as unknown as { readonly buffer: SharedArrayBuffer }

export const scratch = { byteOffset: 0, byteLength: SCRATCH_BYTES }

/** A view of the memory, `at` bytes after the scratch. */
export function viewAt(at: number, length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(memory.buffer, SCRATCH_BYTES + at, length)
}
