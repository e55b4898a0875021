import { createRequire } from 'node:module'
import type { Worker } from 'node:worker_threads'
import { digestOf } from '@millrace/checksums'
import { createErasureCodec, type Scheme } from '@millrace/ec-codec'
import type { Lease } from '@millrace/pooled-buffers'
import { checksumsOffset } from '@millrace/worker-lanes'

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

/** The stripe that must come of data, computed in this thread by the codec alone. */
export function stripeOf(data: Uint8Array, { k, m }: Scheme) {
  const shardLength = Math.ceil(data.length / k)
  const padded = new Uint8Array(shardLength * k)
  padded.set(data)
  const shards = Array.from({ length: k + m }, (_, shard) =>
    shard < k
      ? padded.slice(shard * shardLength, (shard + 1) * shardLength)
      : new Uint8Array(shardLength),
  )
  createErasureCodec({ k, m }).encode(shards)
  return { shardLength, shards, checksums: shards.map((shard) => digestOf('blake3', shard)) }
}

/** Puts a whole stripe, checksums too, into a slot. */
export function placeStripe(lease: Lease, data: Uint8Array, scheme: Scheme): number {
  const { shardLength, shards, checksums } = stripeOf(data, scheme)
  for (const [shard, bytes] of shards.entries()) lease.bytes.set(bytes, shard * shardLength)
  const table = checksumsOffset(lease.slot, scheme) - lease.slot.byteOffset
  for (const [shard, bytes] of checksums.entries()) lease.bytes.set(bytes, table + shard * 32)
  return shardLength
}

/** Records each worker thread that is started from now on. */
export function watchWorkers(): { readonly workers: Worker[]; stop(): void } {
  const threads = createRequire(import.meta.url)('node:worker_threads') as {
    Worker: typeof Worker
  }
  const original = threads.Worker
  const workers: Worker[] = []
  threads.Worker = new Proxy(original, {
    construct(target, args, newTarget) {
      const worker = Reflect.construct(target, args, newTarget) as Worker
      workers.push(worker)
      return worker
    },
  })
  return {
    workers,
    stop() {
      threads.Worker = original
    },
  }
}
