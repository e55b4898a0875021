import type { StripeGeometry } from '@millrace/ec-codec'
import { type Lease, trimLease } from '@millrace/pooled-buffers'
import type { ByteRange } from '@millrace/range-planner'
import {
  CHECKSUM_LENGTH,
  type DecodeJob,
  type ShardFile,
  stripeViews,
  type WorkerLanes,
} from '@millrace/worker-lanes'
import type { DegradedEvent, ReadShardSource } from './decode-stripes.ts'
import { DecodeStreamError } from './errors.ts'

/** Wrong chunks after which a shard is read only when it must be: it is more than a spot on a disk. */
const WRONG_CHUNKS_TO_SUSPECT = 2

/** @internal */
export interface StripeReaderOptions {
  readonly lanes: WorkerLanes
  readonly geometry: StripeGeometry
  readonly files: readonly (ShardFile | undefined)[]
  readonly sources: readonly (ReadShardSource | undefined)[]
  readonly range: ByteRange
  readonly onDegraded: ((event: DegradedEvent) => void) | undefined
}

/** What is found out about the shards while a body is read. */
interface Suspicion {
  readonly suspects: boolean[]
  readonly wrongChunks: number[]
}

/** @internal Reads one stripe after another into slots, the leases trimmed to the range. */
export function createStripeReader(
  options: StripeReaderOptions,
): (stripe: number, signal: AbortSignal) => Promise<Lease> {
  const { lanes, geometry, range } = options
  const { scheme } = geometry
  const count = scheme.k + scheme.m
  const suspicion: Suspicion = {
    suspects: Array.from({ length: count }, () => false),
    wrongChunks: Array.from({ length: count }, () => 0),
  }
  return async (index, signal) => {
    const lease = await lanes.pool.acquire({ signal })
    try {
      const { start, end, shardLength } = geometry.stripe(index)
      const from = Math.max(range.start - start, 0)
      const to = Math.min(range.end, end) - start
      const job: DecodeJob = {
        slot: lease.slot,
        scheme,
        shardLength,
        unit: geometry.unit,
        stripe: index,
        first: Math.floor(from / shardLength),
        last: Math.floor((to - 1) / shardLength),
        states: options.files.map((file, shard) =>
          file === undefined ? 'absent' : suspicion.suspects[shard] === true ? 'suspect' : 'file',
        ),
        files: options.files,
      }
      await decode(options, suspicion, lease, job, signal)
      return trimLease(lease, from, to)
    } catch (error) {
      lease.release()
      throw error
    }
  }
}

async function decode(
  { lanes, sources, onDegraded }: StripeReaderOptions,
  { suspects, wrongChunks }: Suspicion,
  lease: Lease,
  job: DecodeJob,
  signal: AbortSignal,
): Promise<void> {
  const { states, stripe, scheme, first, last } = job
  const causes: unknown[] = []
  const reported: boolean[] = []
  const untried = sources.flatMap((source, shard) => (source === undefined ? [] : [shard]))
  const note = (shard: number, outcome: Placed): void => {
    states[shard] = outcome.state
    if (outcome.cause !== undefined) causes[shard] = outcome.cause
  }
  const place = async (shards: readonly number[]): Promise<void> => {
    const pending: Promise<void>[] = []
    for (const shard of shards) {
      untried.splice(untried.indexOf(shard), 1)
      const source = sources[shard] as ReadShardSource
      const outcome = placeShard(source, lease, job, shard, signal)
      if (outcome instanceof Promise) pending.push(outcome.then((placed) => note(shard, placed)))
      else note(shard, outcome)
    }
    if (pending.length > 0) await Promise.all(pending)
    signal.throwIfAborted()
  }
  const report = (): void => {
    for (const [shard, state] of states.entries()) {
      if (
        (state !== 'missing' && state !== 'corrupt' && state !== 'error') ||
        reported[shard] === true
      ) {
        continue
      }
      reported[shard] = true
      if (state === 'corrupt') wrongChunks[shard] = (wrongChunks[shard] as number) + 1
      if (state !== 'corrupt' || (wrongChunks[shard] as number) >= WRONG_CHUNKS_TO_SUSPECT) {
        suspects[shard] = true
      }
      const cause = causes[shard]
      onDegraded?.({ stripe, shard, state, ...(cause === undefined ? {} : { cause }) })
    }
  }

  if (untried.length > 0) {
    await place(
      untried.filter((shard) => shard >= first && shard <= last && suspects[shard] === false),
    )
  }
  while (true) {
    // Shards that only this thread can fetch are fetched before the hop if it is plain that it will need them.
    let need = shortage(job)
    while (need > 0 && untried.length > 0) {
      untried.sort((a, b) => Number(suspects[a]) - Number(suspects[b]) || a - b)
      await place(untried.slice(0, need))
      need = shortage(job)
    }
    const { complete, failures } = await lanes.decodeStripe(job, { signal })
    for (const [shard, code] of failures?.entries() ?? []) causes[shard] ??= code
    report()
    if (complete) return
    if (untried.length === 0) throw tooFew(job, causes, scheme.k)
  }
}

/** How many shards are wanting to rebuild with, when something must be rebuilt; 0 when all that is wanted may be there. */
function shortage({ states, scheme, first, last }: DecodeJob): number {
  let usable = 0
  let rebuild = false
  for (const [shard, state] of states.entries()) {
    const there = state === 'good' || state === 'placed' || state === 'file' || state === 'suspect'
    if (there) usable++
    else if (shard >= first && shard <= last) rebuild = true
  }
  return rebuild ? Math.max(0, scheme.k - usable) : 0
}

/** What came of putting a shard into its place. */
interface Placed {
  readonly state: 'placed' | 'missing' | 'error'
  readonly cause?: unknown
}

/** Never throws nor rejects. A source that answers at once, from memory, costs no promise. */
function placeShard(
  source: ReadShardSource,
  lease: Lease,
  { scheme, shardLength, stripe }: DecodeJob,
  shard: number,
  signal: AbortSignal,
): Placed | Promise<Placed> {
  const { shards, checksums } = stripeViews(lease, scheme, shardLength)
  const finish = (read: number, checksum: Uint8Array | undefined): Placed => {
    if (read !== shardLength || checksum?.length !== CHECKSUM_LENGTH) return { state: 'missing' }
    ;(checksums[shard] as Uint8Array).set(checksum)
    return { state: 'placed' }
  }
  const read = attempt(() => source.read(stripe, shards[shard] as Uint8Array, signal))
  const checksum = attempt(() => source.checksum(stripe, signal))
  if (typeof read === 'number' && checksum instanceof Uint8Array) return finish(read, checksum)
  // Both are waited for: a read that goes on after the slot is released would write into another stripe.
  return Promise.allSettled([read, checksum]).then(([bytes, expected]) => {
    if (bytes.status === 'rejected') return { state: 'error', cause: bytes.reason }
    if (expected.status === 'rejected') return { state: 'error', cause: expected.reason }
    return finish(bytes.value, expected.value)
  })
}

function attempt<T>(work: () => Promise<T> | T): Promise<T> | T {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error)
  }
}

function tooFew(
  { states, stripe }: DecodeJob,
  causes: readonly unknown[],
  k: number,
): DecodeStreamError {
  const good = states.filter((state) => state === 'good').length
  const bad = states.flatMap((state, shard) => {
    if (state === 'good') return []
    const cause = causes[shard]
    return [new Error(`Shard ${shard} is ${state}`, cause === undefined ? undefined : { cause })]
  })
  return new DecodeStreamError(
    'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS',
    `Cannot read stripe ${stripe}: it takes ${k} shards, and those found right are ${good}`,
    {
      retryable: states.some((state) => state !== 'good' && state !== 'corrupt'),
      cause: new AggregateError(bad, `Shards of stripe ${stripe}`),
    },
  )
}
