export {
  DEFAULT_DEPTH,
  type EncodeStripesOptions,
  encodeStripes,
  type StripeStream,
  type StripeSummary,
} from './encode-stripes.ts'
export { EncodeStreamError, type EncodeStreamErrorCode } from './errors.ts'
export { createShardFiles, type ShardFiles } from './shard-files.ts'
export type { ShardFailure } from './shard-writes.ts'
export type { Stripe } from './stripe.ts'
export { type ShardSink, type WriteShardsOptions, writeShards } from './write-shards.ts'
