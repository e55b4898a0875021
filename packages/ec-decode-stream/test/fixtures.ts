import { digestOf } from '@millrace/checksums'
import { createErasureCodec, type Scheme, stripeGeometry } from '@millrace/ec-codec'
import type { ReadShardSource } from '@millrace/ec-decode-stream'
import type { LeaseStream } from '@millrace/pooled-buffers'
import { expect } from 'vitest'

/** Bytes that are the same for the same seed. */
export function bytesOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let word = seed
  for (let i = 0; i < length; i++) {
    word = (Math.imul(word, 1_103_515_245) + 12_345) | 0
    bytes[i] = word >>> 16
  }
  return bytes
}

/** A body's shard files: data, then the table of checksums. Made in this thread by the codec alone. */
export interface MadeShards {
  readonly unit: number
  readonly shardSize: number
  readonly stripes: number
  readonly files: Uint8Array[]
  /** Where a stripe's chunk lies in a shard file. */
  chunk(stripe: number): { readonly start: number; readonly length: number }
}

export function makeShards(body: Uint8Array, scheme: Scheme, unit: number): MadeShards {
  const { k, m } = scheme
  const geometry = stripeGeometry({ scheme, unit, size: body.length })
  const { shardSize, stripeCount } = geometry
  const files = Array.from({ length: k + m }, () => new Uint8Array(shardSize + stripeCount * 32))
  const codec = createErasureCodec(scheme)
  for (let index = 0; index < stripeCount; index++) {
    const { start, end, shardLength, shardOffset } = geometry.stripe(index)
    const padded = new Uint8Array(k * shardLength)
    padded.set(body.subarray(start, end))
    const shards = files.map((_, shard) =>
      shard < k
        ? padded.slice(shard * shardLength, (shard + 1) * shardLength)
        : new Uint8Array(shardLength),
    )
    codec.encode(shards)
    for (const [shard, bytes] of shards.entries()) {
      files[shard]?.set(bytes, shardOffset)
      files[shard]?.set(digestOf('blake3', bytes), shardSize + index * 32)
    }
  }
  const chunk = (stripe: number) => {
    const { shardOffset, shardLength } = geometry.stripe(stripe)
    return { start: shardOffset, length: shardLength }
  }
  return { unit, shardSize, stripes: stripeCount, files, chunk }
}

/** A shard in memory; `reads` lists the stripes that were asked for. */
export interface MemorySource extends ReadShardSource {
  readonly reads: number[]
}

export function memorySource(
  { files, shardSize, unit }: MadeShards,
  shard: number,
  before: (stripe: number, signal: AbortSignal) => Promise<void> | void = () => {},
): MemorySource {
  const file = files[shard] as Uint8Array
  const reads: number[] = []
  return {
    reads,
    async read(stripe, into, signal) {
      reads.push(stripe)
      await before(stripe, signal)
      const start = stripe * unit
      const bytes = file.subarray(start, Math.min(start + into.length, shardSize))
      into.set(bytes)
      return bytes.length
    },
    checksum(stripe) {
      const at = shardSize + stripe * 32
      return file.slice(at, at + 32)
    },
  }
}

export async function collectLeases(body: LeaseStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const lease of body.leases()) {
    chunks.push(lease.bytes.slice())
    lease.release()
  }
  return Uint8Array.from(Buffer.concat(chunks))
}

/** Compares at once: vitest's own comparison goes byte by byte, and slowly. */
export function expectBytes(got: Uint8Array, expected: Uint8Array): void {
  expect(got.length).toBe(expected.length)
  expect(Buffer.compare(got, expected)).toBe(0)
}

/** Changes one bit or more of a byte. */
export function flip(bytes: Uint8Array | undefined, at: number, mask = 1): void {
  if (bytes !== undefined) bytes[at] = (bytes[at] as number) ^ mask
}
