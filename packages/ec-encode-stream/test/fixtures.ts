import { digestOf } from '@millrace/checksums'
import { createErasureCodec, type Scheme, stripeGeometry } from '@millrace/ec-codec'
import type { StripeStream } from '@millrace/ec-encode-stream'
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

/** Cuts bytes where it is told to. */
export function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (const length of lengths) {
    yield bytes.subarray(at, at + length)
    at += length
  }
  yield bytes.subarray(at)
}

/** The shard files that must come of a body, data and table, computed in this thread by the codec alone. */
export function shardFilesOf(body: Uint8Array, scheme: Scheme, unit: number) {
  const { k, m } = scheme
  const geometry = stripeGeometry({ scheme, unit, size: body.length })
  const files = Array.from({ length: k + m }, () => new Uint8Array(geometry.shardSize))
  const tables = files.map(() => new Uint8Array(geometry.stripeCount * 32))
  const codec = createErasureCodec(scheme)
  for (let index = 0; index < geometry.stripeCount; index++) {
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
      tables[shard]?.set(digestOf('blake3', bytes), index * 32)
    }
  }
  return { files, tables, shardSize: geometry.shardSize, stripes: geometry.stripeCount }
}

/** Copies all stripes out and releases them. */
export async function gather(stream: StripeStream, shards: number) {
  const pieces: Uint8Array[][] = Array.from({ length: shards }, () => [])
  for await (const stripe of stream) {
    for (const [shard, bytes] of stripe.shards.entries()) pieces[shard]?.push(bytes.slice())
    stripe.release()
  }
  const files = pieces.map((bytes) => Uint8Array.from(Buffer.concat(bytes)))
  return { files, summary: await stream.summary }
}

/** Compares at once: vitest's own comparison goes byte by byte, and slowly. */
export function expectFiles(got: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(got.map(({ length }) => length)).toEqual(expected.map(({ length }) => length))
  const same = got.map((bytes, nth) => Buffer.compare(bytes, expected[nth] as Uint8Array) === 0)
  expect(same).toEqual(expected.map(() => true))
}
