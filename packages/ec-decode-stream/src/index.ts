export { DecodeStreamError, type DecodeStreamErrorCode } from './errors.ts'
export {
  DEFAULT_DEPTH,
  type DecodeStripesOptions,
  decodeStripes,
  type DegradedEvent,
  type FileShardSource,
  type ReadShardSource,
  type ShardSource,
} from './decode-stripes.ts'
export { openShardFiles, type ShardFiles } from './shard-files.ts'
