import { wrongArgument } from './errors.ts'
import { fsWriter, type PositionedWriter } from './positioned-writer.ts'
import type { Preallocation } from './preallocate.ts'
import { checkTempName, type FsyncMode } from './temp-file.ts'

/** Options of {@link openPwriteSink}. */
export interface PwriteSinkOptions {
  /** Bytes of the finished file. Left out: `setSize()` before `commit()`, or the end of the last span. */
  readonly size?: number | undefined
  /**
   * `create` refuses to overwrite, atomically, also if the file appears while this one is written. `replace` keeps the old
   * file until `commit()`.
   * @default 'create'
   */
  readonly mode?: 'create' | 'replace'
  /**
   * How to make room where the size is known; both ways fail early if the device lacks the space. `size` sets the length
   * (ftruncate). `blocks` also reserves the blocks, by the `fallocate` command of Linux where there is one: it takes some
   * milliseconds, large files are written faster.
   * @default 'size'
   */
  readonly preallocate?: Preallocation
  /**
   * `full`: the file and its name are on the device when `commit()` resolves. `data`: the bytes are, the name may be lost
   * with the power, and the old file come back. `none`: the system decides.
   * @default 'full'
   */
  readonly fsync?: FsyncMode
  /**
   * Whether leases are written with O_DIRECT, past the page cache. Only what is aligned in the file and in memory; the
   * rest is written plainly. See `direct` of the sink for what came of it.
   * @default false
   */
  readonly direct?: boolean
  /**
   * Who writes: for instance worker threads.
   * @default fsWriter
   */
  readonly writer?: PositionedWriter
  /**
   * Name of the temporary file, in the folder of the finished one.
   * @default a random one
   */
  readonly tempName?: string | undefined
  /** On abort the sink fails with `signal.reason` and removes its file. */
  readonly signal?: AbortSignal | undefined
}

const MODES = ['create', 'replace']
const PREALLOCATIONS = ['none', 'size', 'blocks']
const FSYNC_MODES = ['full', 'data', 'none']

/** @internal Throws at the call. */
export function checkOptions(path: string, options: PwriteSinkOptions): void {
  const { mode = 'create', fsync = 'full', preallocate = 'size' } = options
  const { size, tempName, writer = fsWriter, signal } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw wrongArgument(`Cannot use path: expected the name of a file: ${JSON.stringify(path)}`)
  }
  if (!MODES.includes(mode))
    throw wrongArgument(`Cannot use mode: expected ${MODES.join(' or ')}: ${mode}`)
  if (!FSYNC_MODES.includes(fsync)) {
    throw wrongArgument(`Cannot use fsync: expected ${FSYNC_MODES.join(', ')}: ${fsync}`)
  }
  if (!PREALLOCATIONS.includes(preallocate)) {
    throw wrongArgument(
      `Cannot use preallocate: expected ${PREALLOCATIONS.join(', ')}: ${preallocate}`,
    )
  }
  if (size !== undefined) checkOffset('size', size)
  if (tempName !== undefined) checkTempName(tempName)
  if (typeof writer.write !== 'function')
    throw wrongArgument('Cannot use writer: it has no write()', TypeError)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongArgument('Cannot use signal: expected an AbortSignal', TypeError)
  }
}

/** @internal */
export function checkOffset(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw wrongArgument(`Cannot use ${name}: expected a whole number of 0 or more: ${value}`)
  }
}
