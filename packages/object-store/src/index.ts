export { checkedBody } from './checked-body.ts'
export { checkWriteConditions, evaluateReadConditions } from './conditions.ts'
export { type CopyOptions, type ObjectLocation, copyObject } from './copy-object.ts'
export {
  DEFAULT_DELETE_CONCURRENCY,
  type DeleteOutcome,
  type DeleteTarget,
  deleteMany,
} from './delete-many.ts'
export * from './errors.ts'
export {
  DEFAULT_MAX_GAP,
  DEFAULT_RANGES_CONCURRENCY,
  DEFAULT_RANGES_MAX_BYTES,
  type GetRangesOptions,
  getRanges,
} from './get-ranges.ts'
export { DEFAULT_TEXT_MAX_BYTES, getText } from './get-text.ts'
export { MAX_KEY_BYTES, checkKey, compareKeys } from './keys.ts'
export { type KeyCursor, type Walked, afterPrefix, walkKeys } from './listing.ts'
export {
  DEFAULT_MEMORY_MAX_BUCKETS,
  type MemoryRegistryOptions,
  createMemoryRegistry,
} from './memory-registry.ts'
export {
  DEFAULT_MEMORY_MAX_BYTES,
  type MemoryStoreOptions,
  createMemoryStore,
} from './memory-store.ts'
export {
  checkMultipartChecksum,
  combinePartChecksums,
  partChecksums,
} from './multipart-checksums.ts'
export {
  MAX_PART_NUMBER,
  MIN_PART_SIZE,
  checkCompletedParts,
  checkPartNumber,
} from './multipart-rules.ts'
export * from './port.ts'
export { resolveGetRange, resolveObjectRange } from './ranges.ts'
export {
  DEFAULT_RETRIES,
  DEFAULT_RETRY_BASE_MS,
  DEFAULT_RETRY_MAX_MS,
  type Retrier,
  type RetryBudget,
  type RetryOptions,
  createRetrier,
  isRetryable,
} from './retry.ts'
export { DEFAULT_MAX_WAITING, type LimitOptions, withLimit } from './with-limit.ts'
export { withPrefix } from './with-prefix.ts'
export { withRetry } from './with-retry.ts'
