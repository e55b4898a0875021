import {
  type GetOptions,
  type GetResult,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
  type Retrier,
} from '@millrace/object-store'
import { type ByteRange, planTransfer } from '@millrace/range-planner'
import { RangeEngineError } from './errors.ts'
import { lacksPartSizes, learnPartSizes } from './learn-part-sizes.ts'
import type { TransferOptions } from './transfer-options.ts'

/** One version of one object, opened by the first request; everything else is read from that version. */
export interface Session extends AsyncDisposable {
  readonly info: ObjectInfo
  /** The answer to the first request, read by whoever needs its bytes first. */
  readonly first: GetResult
  /** Whether further ranges can be had and are known to be of this version. */
  readonly ranged: boolean
  /** Opens a range of the same version. @throws {RangeEngineError} `ERR_RANGE_ENGINE_CHANGED` */
  open(range: ByteRange, signal: AbortSignal): Promise<GetResult>
  /** Closes the first answer, if nobody has read it. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens an object with one ranged GET, which brings the first bytes with size, ETag and checksums: no HEAD. A server that
 * ignores ranges, and an empty object, which has no range, are asked again without one.
 */
export async function openSession(
  store: ObjectStore,
  key: string,
  options: TransferOptions,
  retrier: Retrier,
): Promise<Session> {
  const { signal } = options
  const { partSize } = planTransfer(undefined, options.preset)
  const firstSize = options.partSize ?? partSize
  const base: GetOptions = {
    ...(options.versionId === undefined ? {} : { versionId: options.versionId }),
    ...(signal === undefined ? {} : { signal }),
  }
  let ranged = true
  let first = await retrier.run(signal, async () => {
    try {
      return await store.get(key, { ...base, range: { start: 0, end: firstSize } })
    } catch (error) {
      if (!wantsNoRange(error)) throw error
      ranged = false
      return store.get(key, base)
    }
  })
  // Without any mark of the version, parts could be of different ones.
  if (ranged && first.info.etag === '' && first.info.lastModified.getTime() === 0) {
    ranged = false
    if (first.range.end < first.info.size) {
      await first[Symbol.asyncDispose]()
      first = await retrier.run(signal, async () => store.get(key, base))
    }
  }
  const { info } = first
  const strong = info.etag !== '' && !info.etag.startsWith('W/')
  const pinned: GetOptions = {
    ...(info.versionId === 'null' ? base : { ...base, versionId: info.versionId }),
    ...(strong ? { conditions: { ifMatch: [info.etag] } } : {}),
  }
  const open: Session['open'] = async (range, partSignal) => {
    let result: GetResult
    try {
      result = await store.get(key, { ...pinned, range, signal: partSignal })
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      if (code === 'PRECONDITION_FAILED' || code === 'RANGE_NOT_SATISFIABLE') {
        throw changed(key, error)
      }
      throw error
    }
    const same =
      result.info.size === info.size &&
      result.info.etag === info.etag &&
      (info.etag !== '' || result.info.lastModified.getTime() === info.lastModified.getTime())
    if (same && result.range.start === range.start && result.range.end === range.end) return result
    await result[Symbol.asyncDispose]()
    throw changed(key)
  }
  if (!ranged || options.verify === false || !lacksPartSizes(info)) {
    return sessionOf(info, first, ranged, open)
  }
  const partSizes = await learnPartSizes(info, async (partNumber) =>
    store.get(key, { ...pinned, partNumber }),
  )
  if (signal?.aborted) {
    await first[Symbol.asyncDispose]()
    throw signal.reason
  }
  return sessionOf(partSizes === undefined ? info : { ...info, partSizes }, first, ranged, open)
}

function sessionOf(
  info: ObjectInfo,
  first: GetResult,
  ranged: boolean,
  open: Session['open'],
): Session {
  return {
    info,
    first,
    ranged,
    open,
    [Symbol.asyncDispose]: async () => first[Symbol.asyncDispose](),
  }
}

function wantsNoRange(error: unknown): boolean {
  if (!(error instanceof ObjectStoreError)) return false
  const { code, details } = error
  return (
    (code === 'NOT_SUPPORTED' && details['reason'] === 'RANGE_IGNORED') ||
    (code === 'RANGE_NOT_SATISFIABLE' && (details['size'] ?? 0) === 0)
  )
}

function changed(key: string, cause?: unknown): RangeEngineError {
  return new RangeEngineError(
    'ERR_RANGE_ENGINE_CHANGED',
    `Object changed while it was read, read it again: ${key}`,
    cause === undefined ? {} : { cause },
  )
}
