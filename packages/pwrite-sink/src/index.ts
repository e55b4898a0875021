export { DIRECT_ALIGNMENT, type DirectState } from './direct-file.ts'
export { PwriteSinkError, type PwriteSinkErrorCode } from './errors.ts'
export { GATHER_BELOW, GATHERED_SIZE } from './gather-small.ts'
export { openPwriteSink } from './open-pwrite-sink.ts'
export { fsWriter, type PositionedWriter } from './positioned-writer.ts'
export type { Preallocation } from './preallocate.ts'
export type { PwriteSink } from './sink.ts'
export type { PwriteSinkOptions } from './sink-options.ts'
export type { FsyncMode } from './temp-file.ts'
export {
  DEFAULT_WRITE_CONCURRENCY,
  pwriteSink,
  type Span,
  type WriteOptions,
  writeSpans,
  type WrittenFile,
} from './write-spans.ts'
