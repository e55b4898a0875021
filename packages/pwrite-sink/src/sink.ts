import type { Lease, Slot } from '@millrace/pooled-buffers'
import { type ByteRange, subtractRanges } from '@millrace/range-planner'
import type { DirectFile, DirectState } from './direct-file.ts'
import { describeFailure, nameRanges, PwriteSinkError, wrongArgument } from './errors.ts'
import { fsWriter } from './positioned-writer.ts'
import { type Preallocation, preallocate } from './preallocate.ts'
import { checkOffset, type PwriteSinkOptions } from './sink-options.ts'
import { createSpanSet } from './span-set.ts'
import type { TempFile } from './temp-file.ts'

/** A file that is written in any order and appears whole or not at all. */
export interface PwriteSink extends AsyncDisposable {
  /** The finished file, absolute. */
  readonly path: string
  readonly tempPath: string
  /** Bytes of the finished file, where known. */
  readonly size: number | undefined
  /** Whether O_DIRECT is in use; `refused` if it was asked for and the file system does not have it. */
  readonly direct: DirectState
  /** Why `direct` is `refused`. */
  readonly directNote: string | undefined
  /** How room was made for the file. */
  readonly preallocated: Preallocation
  /** What is written, merged and in order. */
  readonly written: readonly ByteRange[]
  /**
   * Writes a span. Many may be under way at once, in any order.
   *
   * @param data bytes, not to be changed until the promise settles; or a Lease, which is released in any case
   * @param position offset in the file
   * @throws {RangeError} at the call, for a position that cannot be
   * @throws {PwriteSinkError} `ERR_PWRITE_SINK_OVERLAP` or `ERR_PWRITE_SINK_BEYOND_SIZE`: nothing was written and the sink
   * goes on. Any other error is the end of the sink: every later call rejects with the first cause
   */
  write(data: Uint8Array | Lease, position: number): Promise<void>
  /** Says how large the file will be, once, where it was not known at first. */
  setSize(size: number): Promise<void>
  /**
   * Waits for the writes under way, checks that every byte is there, flushes, and gives the file its name.
   * @throws {PwriteSinkError} `ERR_PWRITE_SINK_INCOMPLETE` with the missing ranges; the first cause of an earlier failure.
   * The temporary file is gone then
   */
  commit(): Promise<void>
  /** Gives up: waits for the writes under way and removes the temporary file. Does nothing after `commit()`. */
  abort(reason?: unknown): Promise<void>
}

/** @internal */
export function createSink(
  file: TempFile,
  direct: DirectFile,
  preallocated: Preallocation,
  options: PwriteSinkOptions,
): PwriteSink {
  const { mode = 'create', fsync = 'full', writer = fsWriter, signal } = options
  const { path } = file
  const { fd } = file.handle
  const claimed = createSpanSet()
  const done = createSpanSet()
  let size = options.size
  let allocated = preallocated
  let failure: { readonly cause: unknown } | undefined
  let finished = false
  let committing: Promise<void> | undefined
  let cleaning: Promise<void> | undefined
  let underWay = 0
  let onIdle: (() => void) | undefined

  const begin = (): void => void underWay++
  const end = (): void => {
    underWay--
    if (underWay === 0) onIdle?.()
  }
  /** No descriptor is closed while a write may still use its number: another file could have got it by then. */
  const idle = async (): Promise<void> => {
    if (underWay === 0) return
    await new Promise<void>((resolve) => {
      onIdle = resolve
    })
  }
  const check = (): void => {
    if (failure !== undefined) throw failure.cause
  }
  const checkOpen = (): void => {
    check()
    if (finished || committing !== undefined) {
      throw new PwriteSinkError(
        'ERR_PWRITE_SINK_CLOSED',
        `Cannot use a sink after its end: ${path}`,
      )
    }
  }
  const clean = (): Promise<void> => {
    cleaning ??= (async () => {
      finished = true
      signal?.removeEventListener('abort', onAbort)
      await idle()
      try {
        await direct.close()
      } finally {
        await file.discard()
      }
    })()
    // Who waits for it gets its error; if nobody does, the failure that led here is the one to report.
    cleaning.catch(() => {})
    return cleaning
  }
  const fail = (cause: unknown): void => {
    failure ??= { cause }
    if (committing === undefined) void clean()
  }
  const onAbort = (): void => fail(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })

  const claim = (position: number, length: number): void => {
    checkOpen()
    const last = position + length
    if (last > (size ?? Number.MAX_SAFE_INTEGER)) {
      const ranges = [{ start: Math.max(position, size ?? 0), end: last }]
      throw new PwriteSinkError(
        'ERR_PWRITE_SINK_BEYOND_SIZE',
        `Cannot write beyond the size ${size}: ${nameRanges(ranges)}: ${path}`,
        { ranges },
      )
    }
    const ranges = claimed.add(position, last)
    if (ranges.length > 0) {
      throw new PwriteSinkError(
        'ERR_PWRITE_SINK_OVERLAP',
        `Cannot write bytes twice: ${nameRanges(ranges)}: ${path}`,
        { ranges },
      )
    }
  }
  const writeSpan = async (data: Uint8Array | Lease, position: number): Promise<void> => {
    const lease = isLease(data) ? data : undefined
    try {
      const bytes = lease === undefined ? (data as Uint8Array) : lease.bytes
      const { byteOffset, byteLength } = bytes
      claim(position, byteLength)
      if (byteLength === 0) return
      const slot: Slot | undefined = lease === undefined ? undefined : { byteOffset, byteLength }
      begin()
      try {
        await direct.write(writer, fd, bytes, position, slot)
        done.add(position, position + byteLength)
      } catch (cause) {
        fail(describeFailure('write', path, cause))
      } finally {
        end()
      }
      check()
    } finally {
      lease?.release()
    }
  }
  const finish = async (): Promise<void> => {
    try {
      await idle()
      check()
      const whole = size ?? claimed.end
      const missing = subtractRanges({ start: 0, end: whole }, done.ranges)
      if (missing.length > 0) {
        throw new PwriteSinkError(
          'ERR_PWRITE_SINK_INCOMPLETE',
          `Cannot commit, bytes are missing: ${nameRanges(missing)}: ${path}`,
          { ranges: missing, retryable: true },
        )
      }
      await direct.close()
      await file.publish(mode, fsync, check)
      signal?.removeEventListener('abort', onAbort)
      finished = true
      size = whole
    } catch (cause) {
      failure ??= { cause }
      await clean().catch(() => {})
      throw failure.cause
    }
  }

  return {
    path,
    tempPath: file.tempPath,
    get size() {
      return size
    },
    get direct() {
      return direct.state
    },
    get directNote() {
      return direct.note
    },
    get preallocated() {
      return allocated
    },
    get written() {
      return done.ranges
    },
    write(data, position) {
      try {
        checkOffset('position', position)
        if (!isLease(data) && !ArrayBuffer.isView(data)) {
          throw wrongArgument('Cannot write what is neither a Uint8Array nor a Lease', TypeError)
        }
      } catch (error) {
        if (isLease(data)) data.release()
        throw error
      }
      return writeSpan(data, position)
    },
    async setSize(given) {
      checkOffset('size', given)
      checkOpen()
      if (size !== undefined && size !== given) {
        throw wrongArgument(`Cannot change the size from ${size}: ${given}`)
      }
      if (claimed.end > given) {
        const ranges = [{ start: given, end: claimed.end }]
        throw new PwriteSinkError(
          'ERR_PWRITE_SINK_BEYOND_SIZE',
          `Cannot take size ${given}, more is written: ${nameRanges(ranges)}: ${path}`,
          { ranges },
        )
      }
      if (size === given) return
      size = given
      begin()
      try {
        allocated = await preallocate(file.handle, path, given, options.preallocate ?? 'size')
      } catch (cause) {
        fail(cause)
      } finally {
        end()
      }
      check()
    },
    async commit() {
      checkOpen()
      committing = finish()
      return committing
    },
    async abort(reason) {
      if (committing !== undefined) {
        failure ??= { cause: reason ?? aborted(path) }
        await committing.catch(() => {})
        return
      }
      fail(reason ?? aborted(path))
      await clean()
    },
    async [Symbol.asyncDispose]() {
      if (committing !== undefined) await committing.catch(() => {})
      else {
        fail(aborted(path))
        await clean()
      }
    },
  }
}

function aborted(path: string): PwriteSinkError {
  return new PwriteSinkError(
    'ERR_PWRITE_SINK_ABORTED',
    `Cannot go on, the sink was aborted: ${path}`,
  )
}

function isLease(data: unknown): data is Lease {
  return typeof (data as Partial<Lease> | null | undefined)?.release === 'function'
}
