import { GENERATION_BYTES, type Generation } from './generation.ts'

/**
 * Keys of the index. A logical key is a kind and its parts, joined by NUL (which no part may contain); a physical key
 * is the logical key, NUL, and the generation inverted bit by bit, so that of one logical key the newest comes first.
 */
export type Kind = 'bucket' | 'document' | 'object' | 'upload' | 'part' | 'parts'

const LETTER: Readonly<Record<Kind, string>> = {
  bucket: 'b',
  document: 'd',
  object: 'o',
  upload: 'u',
  part: 'p',
  parts: 'l',
}

/** The kind and its parts as bytes, without the generation. */
export function logicalKey(kind: Kind, ...parts: readonly string[]): Buffer {
  return Buffer.from([LETTER[kind], ...parts].join('\0'))
}

/** The logical key of an object. */
export function objectKey(bucket: string, key: string): Buffer {
  return logicalKey('object', bucket, key)
}

/** The logical key of the list of parts that a generation of an object is made of. */
export function partListKey(bucket: string, key: string, generation: Generation): Buffer {
  return logicalKey('parts', bucket, key, generation)
}

/** The key under which one generation of a logical key is stored. */
export function physicalKey(logical: Uint8Array, generation: Generation): Buffer {
  const key = Buffer.allocUnsafe(logical.length + 1 + GENERATION_BYTES)
  key.set(logical)
  key[logical.length] = 0
  const id = Buffer.from(generation, 'hex')
  for (let i = 0; i < GENERATION_BYTES; i++) key[logical.length + 1 + i] = ~(id[i] as number)
  return key
}

/** The logical key of a physical one (a view). */
export function logicalOf(physical: Uint8Array): Uint8Array {
  return physical.subarray(0, physical.length - GENERATION_BYTES - 1)
}

/** The parts of a logical key behind its kind, as text. */
export function partsOfLogical(logical: Uint8Array): readonly string[] {
  return Buffer.from(logical.buffer, logical.byteOffset, logical.byteLength)
    .toString()
    .split('\0')
    .slice(1)
}

/** The secondary key: generation to physical key. The greatest one tells where the generations go on. */
export function generationKey(generation: Generation): Buffer {
  return Buffer.concat([Buffer.from('g'), Buffer.from(generation, 'hex')])
}

/** Range of all physical keys of one logical key. */
export function versionsRange(logical: Uint8Array): { start: Buffer; end: Buffer } {
  return {
    start: Buffer.concat([logical, Buffer.of(0)]),
    end: Buffer.concat([logical, Buffer.of(1)]),
  }
}

/** The first key behind every key that starts with these bytes. */
export function afterPrefix(prefix: Uint8Array): Buffer {
  return Buffer.concat([prefix, Buffer.alloc(8, 0xff)])
}
