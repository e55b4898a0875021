import { createHasher } from '@millrace/checksums'
import { createRetrier, type ObjectInfo, type ObjectStore } from '@millrace/object-store'
import { checkWhole, RangeEngineError } from './errors.ts'
import { planTransferOf } from './plan-parts.ts'
import { createReporter } from './progress.ts'
import { pumpParts } from './pump-parts.ts'
import { restarting } from './restarting.ts'
import { openSession } from './session.ts'
import { checkTransferOptions, type TransferOptions } from './transfer-options.ts'

/** Largest object that {@link readObject} takes when not told otherwise: 1 GiB. */
export const DEFAULT_MAX_BYTES: number = 1024 ** 3

/** Options of {@link readObject}. */
export interface ReadObjectOptions extends TransferOptions {
  /** @default DEFAULT_MAX_BYTES */
  readonly maxBytes?: number
}

/** An object in memory. */
export interface ReadObject {
  readonly bytes: Uint8Array
  readonly info: ObjectInfo
  /** What the bytes were checked by; undefined where the store offers nothing, or `verify` is false. */
  readonly verified: string | undefined
}

/**
 * Reads an object into one buffer, in parallel ranges of one version, each byte copied once to its place.
 *
 * @param store - any store
 * @param key - the object
 * @param options - see {@link ReadObjectOptions}
 * @returns the bytes, and what the store says about them
 * @throws {RangeEngineError} `ERR_RANGE_ENGINE_TOO_LARGE` beyond `maxBytes`, and as `downloadToFile`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore } from '@millrace/object-store'
 * import { readObject } from '@millrace/range-engine'
 *
 * const store = createMemoryStore()
 * await store.put('flour', [Buffer.from('fine')])
 * assert.equal(Buffer.from((await readObject(store, 'flour')).bytes).toString(), 'fine')
 * ```
 */
export function readObject(
  store: ObjectStore,
  key: string,
  options: ReadObjectOptions = {},
): Promise<ReadObject> {
  const { maxBytes = DEFAULT_MAX_BYTES, signal } = options
  checkTransferOptions(options)
  checkWhole('maxBytes', maxBytes, 0)
  const retrier = createRetrier(options.retry ?? {})
  const reporter = createReporter(options)
  return restarting(key, reporter, async () => {
    await using session = await openSession(store, key, options, retrier)
    const { info } = session
    const { size } = info
    if (size > maxBytes) {
      throw new RangeEngineError(
        'ERR_RANGE_ENGINE_TOO_LARGE',
        `Object has ${size} bytes and may have ${maxBytes}, download it to a file: ${key}`,
      )
    }
    const plan = planTransferOf(session, options, reporter)
    const { verification } = plan
    const bytes = new Uint8Array(size)
    reporter.begin(size)
    await pumpParts({
      session,
      plan,
      retrier,
      reporter,
      signal,
      openPart: () => ({
        write(chunk, position) {
          bytes.set(chunk, position)
          return undefined
        },
        end: async () => {},
        abandon: async () => {},
      }),
    })
    reporter.end()
    if (verification.kind !== 'none') {
      const digests = (verification.kind === 'whole' ? [{ start: 0, end: size }] : plan.parts).map(
        ({ start, end }) => ({
          digest: createHasher(verification.algorithm).update(bytes.subarray(start, end)).digest(),
          length: end - start,
        }),
      )
      if (verification.kind === 'parts') verification.check(digests)
      else verification.check((digests[0] as (typeof digests)[number]).digest)
    }
    return {
      bytes,
      info,
      verified: verification.kind === 'none' ? undefined : verification.algorithm,
    }
  })
}
