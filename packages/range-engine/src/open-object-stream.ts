import { createHasher } from '@millrace/checksums'
import { createRetrier, type ObjectInfo, type ObjectStore } from '@millrace/object-store'
import { prefetch } from '@millrace/prefetch-pipe'
import type { ByteRange } from '@millrace/range-planner'
import { checkWhole, RangeEngineError } from './errors.ts'
import { planTransferOf, type TransferParts } from './plan-parts.ts'
import { createReporter, type Reporter } from './progress.ts'
import { openSession, type Session } from './session.ts'
import { checkTransferOptions, type TransferOptions } from './transfer-options.ts'
import type { Verification } from './verification.ts'

/** Bytes of a part of a stream when not told otherwise: 4 MiB, since whole parts are held ahead of the reader. */
export const DEFAULT_STREAM_PART_SIZE: number = 4 * 1024 * 1024

/** Bytes held ahead of the reader when not told otherwise: 64 MiB. */
export const DEFAULT_STREAM_BUDGET: number = 64 * 1024 * 1024

/** Options of {@link openObjectStream}. */
export interface ObjectStreamOptions extends TransferOptions {
  /** Bytes that may be held ahead of the reader. @default DEFAULT_STREAM_BUDGET */
  readonly budget?: number
}

/** An object's bytes in order. Read it once, or dispose of it. */
export interface ObjectStream extends AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly info: ObjectInfo
  /** What the bytes are checked by as they pass; undefined where the store offers nothing, or `verify` is false. */
  readonly verifiedBy: string | undefined
}

/**
 * Opens an object as one ordered stream that is fetched ahead in parallel, every part from the same version. The checksum is
 * taken as the bytes pass: where it differs the stream ends with an error instead of its end.
 *
 * @param store - any store
 * @param key - the object
 * @param options - see {@link ObjectStreamOptions}
 * @returns the stream, when the first answer is there
 * @throws {RangeEngineError} while reading: `ERR_RANGE_ENGINE_CHECKSUM`, `ERR_RANGE_ENGINE_CHANGED` (there is no going back
 *   in a stream); what the store throws; `signal.reason` on abort
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore } from '@millrace/object-store'
 * import { openObjectStream } from '@millrace/range-engine'
 *
 * const store = createMemoryStore()
 * await store.put('flour', [Buffer.from('fine')])
 * const stream = await openObjectStream(store, 'flour')
 * assert.equal(stream.info.size, 4)
 * for await (const chunk of stream) assert.equal(Buffer.from(chunk).toString(), 'fine')
 * ```
 */
export function openObjectStream(
  store: ObjectStore,
  key: string,
  options: ObjectStreamOptions = {},
): Promise<ObjectStream> {
  checkTransferOptions(options)
  checkWhole('budget', options.budget, 0)
  return open(store, key, { partSize: DEFAULT_STREAM_PART_SIZE, ...options })
}

async function open(
  store: ObjectStore,
  key: string,
  options: ObjectStreamOptions,
): Promise<ObjectStream> {
  const retrier = createRetrier(options.retry ?? {})
  const reporter = createReporter(options)
  const session = await openSession(store, key, options, retrier)
  const { info } = session
  const plan = planTransferOf(session, options, reporter)
  const bytes = checked(fetchAhead(session, plan, options), info, plan.verification, reporter)
  const { verification } = plan
  return {
    info,
    verifiedBy: verification.kind === 'none' ? undefined : verification.algorithm,
    [Symbol.asyncIterator]: () => bytes,
    async [Symbol.asyncDispose]() {
      await bytes.return()
      await session[Symbol.asyncDispose]()
    },
  }
}

function fetchAhead(
  session: Session,
  { parts, concurrency }: TransferParts,
  options: ObjectStreamOptions,
): AsyncIterable<Uint8Array> {
  const { retries } = options.retry ?? {}
  return prefetch(
    parts.filter(({ start, end }) => end > start),
    {
      budget: options.budget ?? DEFAULT_STREAM_BUDGET,
      maxDepth: concurrency,
      initialDepth: Math.min(4, concurrency),
      resume: session.ranged,
      ...(retries === undefined ? {} : { retries }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      fetch: async (part, { offset, attempt, signal }) => {
        if (part.start === 0 && offset === 0 && attempt === 0) return opening(session, part, signal)
        if (!session.ranged) {
          throw new RangeEngineError(
            'ERR_RANGE_ENGINE_BROKEN',
            `Stream broke off and cannot be taken up in the middle: ${session.info.key}`,
          )
        }
        const result = await session.open({ start: part.start + offset, end: part.end }, signal)
        return result.body
      },
    },
  )
}

/** The first part: what the first answer holds of it, then the rest, if the upload's first part is larger. */
async function* opening(
  session: Session,
  part: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const onAbort = (): void => void session[Symbol.asyncDispose]().catch(() => {})
  signal.addEventListener('abort', onAbort, { once: true })
  let position = part.start
  try {
    for await (const chunk of session.first.body) {
      const length = Math.min(chunk.byteLength, part.end - position)
      position += length
      yield chunk.subarray(0, length)
      if (position === part.end) return
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  if (position < part.end)
    yield* (await session.open({ start: position, end: part.end }, signal)).body
}

async function* checked(
  source: AsyncIterable<Uint8Array>,
  info: ObjectInfo,
  verification: Verification,
  reporter: Reporter,
): AsyncGenerator<Uint8Array, void, undefined> {
  reporter.begin(info.size)
  const digests: { digest: Uint8Array; length: number }[] = []
  const sizes = verification.kind === 'parts' ? (verification.sizes ?? [info.size]) : [info.size]
  const start = (): ReturnType<typeof createHasher> | undefined =>
    verification.kind === 'none' ? undefined : createHasher(verification.algorithm)
  let hasher = start()
  let left = sizes[0] ?? 0
  for await (const chunk of source) {
    for (let at = 0; hasher !== undefined && at < chunk.byteLength; ) {
      const length = Math.min(left, chunk.byteLength - at)
      hasher.update(chunk.subarray(at, at + length))
      at += length
      left -= length
      if (left > 0 || digests.length === sizes.length - 1) continue
      digests.push({ digest: hasher.digest(), length: sizes[digests.length] as number })
      hasher = start()
      left = sizes[digests.length] as number
    }
    reporter.add(chunk.byteLength)
    yield chunk
  }
  reporter.end()
  if (verification.kind === 'none' || hasher === undefined) return
  const last = hasher.digest()
  if (verification.kind === 'whole') verification.check(last)
  else verification.check([...digests, { digest: last, length: sizes.at(-1) as number }])
}
