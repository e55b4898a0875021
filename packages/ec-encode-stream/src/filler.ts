import { type ByteSource, withSignal } from '@millrace/byte-streams'
import type { Lease } from '@millrace/pooled-buffers'
import { checksumsOffset, type HashLane } from '@millrace/worker-lanes'
import { createChecksumTables } from './checksum-tables.ts'
import type { EncodeSettings, StripeSummary } from './encode-stripes.ts'
import { wrongType } from './errors.ts'
import { createShardWrites } from './shard-writes.ts'
import { createStripe, type Stripe } from './stripe.ts'

/** @internal Fills slots from a source ahead of the consumer and has them encoded. */
export interface Filler {
  /** The next stripe in order; `undefined` after the last. */
  next(): Promise<Stripe | undefined>
  /** To be called after the last stripe. */
  summary(): Promise<StripeSummary>
  /** Ends the filling at once, also while the source is parked; a pull that waits rejects with the reason. */
  stop(reason: unknown): void
  /** Stops if need be, waits for all that is in flight, releases what nobody took. */
  close(reason: unknown): Promise<void>
}

/** @internal */
export function createFiller(source: ByteSource, settings: EncodeSettings): Filler {
  const { scheme, lanes, unit, hash, files, quorum, depth } = settings
  const { pool } = lanes
  const { k, m } = scheme
  const stripeData = k * unit
  const stopping = new AbortController()
  const { signal } = stopping
  const writes = createShardWrites(files, k + m, quorum)
  const tables = createChecksumTables(k + m)
  let hashing: HashLane | undefined
  /** Stripes that nobody has taken yet, oldest first. */
  const ahead: Promise<Stripe>[] = []
  let wakeFiller: (() => void) | undefined
  let wakeConsumer: (() => void) | undefined
  let filling: Promise<void> | undefined
  let size = 0
  let stripes = 0
  let ended = false

  const encode = async (lease: Lease, index: number, dataLength: number): Promise<Stripe> => {
    const { slot } = lease
    const shardLength = Math.ceil(dataLength / k)
    const { targets } = writes
    // Both read the slot, so both are waited for whatever comes of either.
    const hashed = hashing?.update(slot, dataLength)
    hashed?.catch(() => {})
    try {
      const job = { slot, scheme, unit, shardLength, stripe: index, files: targets }
      const { failures } = await lanes.encodeStripe(job, { signal })
      await hashed
      writes.note(index, failures)
      const at = checksumsOffset(slot, scheme) - slot.byteOffset
      tables.add(index, lease.bytes, at)
      return createStripe(lease, scheme, {
        index,
        dataLength,
        shardLength,
        shardOffset: index * unit,
        failures: writes.codes,
      })
    } catch (error) {
      await hashed?.catch(() => {})
      lease.release()
      throw error
    }
  }

  const fill = async (): Promise<void> => {
    let lease: Lease | undefined
    let filled = 0
    const submit = (full: Lease): void => {
      lease = undefined
      const shardLength = Math.ceil(filled / k)
      full.bytes.fill(0, filled, k * shardLength)
      const stripe = encode(full, stripes++, filled)
      stripe.catch(() => {})
      size += filled
      filled = 0
      ahead.push(stripe)
      wakeConsumer?.()
    }
    try {
      for await (const chunk of withSignal(source, signal)) {
        if (!(chunk instanceof Uint8Array)) {
          throw wrongType(`Cannot encode a chunk that is not a Uint8Array: ${typeof chunk}`)
        }
        let offset = 0
        while (offset < chunk.length) {
          while (lease === undefined && ahead.length >= depth) {
            // Before the wait: nobody wakes a filler that was stopped already.
            signal.throwIfAborted()
            await new Promise<void>((resolve) => {
              wakeFiller = resolve
            })
          }
          lease ??= await pool.acquire({ signal })
          const room = stripeData - filled
          const part =
            offset === 0 && chunk.length <= room ? chunk : chunk.subarray(offset, offset + room)
          lease.bytes.set(part, filled)
          filled += part.length
          offset += part.length
          if (filled === stripeData) submit(lease)
        }
      }
      signal.throwIfAborted()
      if (lease !== undefined) submit(lease)
    } finally {
      lease?.release()
      ended = true
      wakeConsumer?.()
    }
  }

  const start = (): Promise<void> => {
    if (hash.length > 0) hashing = lanes.openHash(hash)
    filling = fill()
    filling.catch(() => {})
    return filling
  }
  const stop = (reason: unknown): void => {
    if (!signal.aborted) stopping.abort(reason)
    wakeFiller?.()
  }

  return {
    async next() {
      const work = filling ?? start()
      while (ahead.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wakeConsumer = resolve
        })
      }
      const [head] = ahead
      if (head === undefined) {
        await work
        return undefined
      }
      const stripe = await head
      void ahead.shift()
      wakeFiller?.()
      return stripe
    },
    async summary() {
      const digests = (await hashing?.digest()) ?? {}
      const last = size - (stripes - 1) * stripeData
      return {
        size,
        stripes,
        shardSize: stripes === 0 ? 0 : (stripes - 1) * unit + Math.ceil(last / k),
        digests,
        tables: tables.tables(stripes),
        failures: writes.failures,
      }
    },
    stop,
    async close(reason) {
      stop(reason)
      if (filling === undefined && !ended) await closeUnread(source)
      ended = true
      await filling?.catch(() => {})
      for (const stripe of ahead.splice(0))
        await stripe.then(
          (taken) => taken.release(),
          () => {},
        )
      await hashing?.close()
    },
  }
}

/** A source that nobody has pulled from holds what it was given all the same: a file, a socket. */
async function closeUnread(source: ByteSource): Promise<void> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  await iterator.return?.()
}
