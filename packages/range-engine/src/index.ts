export {
  type DownloadOptions,
  type DownloadResult,
  downloadToFile,
} from './download-to-file.ts'
export { RangeEngineError, type RangeEngineErrorCode } from './errors.ts'
export {
  DEFAULT_STREAM_BUDGET,
  DEFAULT_STREAM_PART_SIZE,
  type ObjectStream,
  type ObjectStreamOptions,
  openObjectStream,
} from './open-object-stream.ts'
export { EVENT_CHANNEL } from './progress.ts'
export {
  DEFAULT_MAX_BYTES,
  type ReadObject,
  type ReadObjectOptions,
  readObject,
} from './read-object.ts'
export {
  DEFAULT_RESTARTS,
  type Progress,
  PROGRESS_INTERVAL_MS,
  type TransferEvent,
  type TransferOptions,
} from './transfer-options.ts'
