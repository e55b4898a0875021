import { createRetrier, type ObjectInfo, type ObjectStore } from '@millrace/object-store'
import { type BufferPool, createBufferPool } from '@millrace/pooled-buffers'
import {
  fsWriter,
  openPwriteSink,
  type PositionedWriter,
  type PwriteSinkOptions,
} from '@millrace/pwrite-sink'
import type { WorkerLanes } from '@millrace/worker-lanes'
import { openLeaseHash } from './hashing.ts'
import { createLeasePart, type PartHashes } from './lease-parts.ts'
import { openOrderedHash, type OrderedHash } from './ordered-hash.ts'
import { planTransferOf, type TransferParts } from './plan-parts.ts'
import { createReporter, type Reporter } from './progress.ts'
import { pumpParts } from './pump-parts.ts'
import { restarting } from './restarting.ts'
import { openSession, type Session } from './session.ts'
import { checkTransferOptions, type TransferOptions } from './transfer-options.ts'

/** Bytes of a slot of a pool that a download makes for itself. */
const SLOT_SIZE: number = 1024 * 1024

/** Options of {@link downloadToFile}. */
export interface DownloadOptions extends TransferOptions {
  /** `create` refuses to overwrite. @default 'create' */
  readonly mode?: PwriteSinkOptions['mode']
  /** What is on the device when the file appears. @default 'full' */
  readonly fsync?: PwriteSinkOptions['fsync']
  /** Whether to write past the page cache. @default false */
  readonly direct?: boolean
  /**
   * Threads that write and hash, over a pool of at least two slots; or a function that decides when the object is known
   * (a small one is not worth starting threads for).
   *
   * @default none
   */
  readonly lanes?: WorkerLanes | ((info: ObjectInfo) => WorkerLanes | undefined)
  /** Who writes, where there are no lanes. @default Node's own thread pool */
  readonly writer?: PositionedWriter
}

/** What was downloaded. */
export interface DownloadResult {
  /** The file, absolute. */
  readonly path: string
  readonly info: ObjectInfo
  /** What the bytes were checked by; undefined where the store offers nothing, or `verify` is false. */
  readonly verified: string | undefined
}

/**
 * Downloads an object to a file: in parallel ranges of one version, placed by positioned writes, hashed beside the writing,
 * and visible under its name only when every byte is there and checked. Nothing stays behind on failure or abort.
 *
 * @param store - any store
 * @param key - the object
 * @param path - the file
 * @param options - see {@link DownloadOptions}
 * @returns where it is, and what it was checked by
 * @throws {RangeEngineError} `ERR_RANGE_ENGINE_CHECKSUM`, `ERR_RANGE_ENGINE_CHANGED` after {@link DEFAULT_RESTARTS}
 *   restarts, `ERR_RANGE_ENGINE_BROKEN`; what the store and the file throw; `signal.reason` on abort; a RangeError
 *   `ERR_RANGE_ENGINE_INVALID_ARGUMENT` at the call
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { createMemoryStore } from '@millrace/object-store'
 * import { downloadToFile } from '@millrace/range-engine'
 *
 * const store = createMemoryStore()
 * await store.put('flour', [Buffer.from('fine')])
 * const folder = await mkdtemp(join(tmpdir(), 'download-'))
 * const { path, verified } = await downloadToFile(store, 'flour', join(folder, 'flour'))
 * assert.equal(await readFile(path, 'utf8'), 'fine')
 * assert.equal(verified, 'md5')
 * await rm(folder, { recursive: true })
 * ```
 */
export function downloadToFile(
  store: ObjectStore,
  key: string,
  path: string,
  options: DownloadOptions = {},
): Promise<DownloadResult> {
  checkTransferOptions(options)
  const retrier = createRetrier(options.retry ?? {})
  const reporter = createReporter(options)
  return restarting(key, reporter, async () => {
    const session = await openSession(store, key, options, retrier)
    try {
      return await download(session, path, options, reporter, retrier)
    } finally {
      await session[Symbol.asyncDispose]()
    }
  })
}

async function download(
  session: Session,
  path: string,
  options: DownloadOptions,
  reporter: Reporter,
  retrier: ReturnType<typeof createRetrier>,
): Promise<DownloadResult> {
  const { signal } = options
  const { info } = session
  const lanes = typeof options.lanes === 'function' ? options.lanes(info) : options.lanes
  const { size } = info
  const plan = planTransferOf(session, options, reporter)
  const { verification } = plan
  const pool = lanes?.pool ?? makePool(plan, size)
  const sink = await openPwriteSink(path, {
    size,
    mode: options.mode ?? 'create',
    fsync: options.fsync ?? 'full',
    direct: options.direct ?? false,
    writer: lanes === undefined ? (options.writer ?? fsWriter) : laneWriter(lanes),
    ...(signal === undefined ? {} : { signal }),
  })
  let ordered: OrderedHash | undefined
  try {
    if (verification.kind === 'whole') {
      ordered = await openOrderedHash(verification.algorithm, sink.tempPath, size, pool, lanes)
    }
    const digests: { digest: Uint8Array; length: number }[] = []
    reporter.begin(size)
    await pumpParts({
      session,
      plan,
      retrier,
      reporter,
      signal,
      openPart(part, index, partSignal) {
        const hashes: PartHashes = {
          ordered,
          part:
            verification.kind === 'parts'
              ? openLeaseHash(verification.algorithm, lanes)
              : undefined,
        }
        const writer = createLeasePart(sink, pool, part, hashes, partSignal)
        return {
          ...writer,
          async end() {
            await writer.end()
            if (hashes.part === undefined) return
            digests[index] = { digest: await hashes.part.digest(), length: part.end - part.start }
          },
        }
      },
    })
    reporter.end()
    if (verification.kind === 'whole') verification.check(await (ordered as OrderedHash).digest())
    else if (verification.kind === 'parts') verification.check(digests)
    await ordered?.close()
    ordered = undefined
    await sink.commit()
  } catch (error) {
    await ordered?.close().catch(() => {})
    await sink.abort(error).catch(() => {})
    throw error
  }
  const verified = verification.kind === 'none' ? undefined : verification.algorithm
  return { path: sink.path, info, verified }
}

/** Each request fills a slot, as many are being written, one is for the digest that follows. */
function makePool(plan: TransferParts, size: number): BufferPool {
  const wanted = 2 * Math.min(plan.concurrency, plan.parts.length) + 2
  return createBufferPool({
    slotSize: SLOT_SIZE,
    slots: Math.max(2, Math.min(wanted, Math.ceil(size / SLOT_SIZE) + 1)),
  })
}

function laneWriter(lanes: WorkerLanes): PositionedWriter {
  return {
    async write(fd, bytes, position, slot) {
      if (slot === undefined) return fsWriter.write(fd, bytes, position, slot)
      return lanes.write({ fd, slot, length: bytes.byteLength, position })
    },
  }
}
