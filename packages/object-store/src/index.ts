export { checkedBody } from './checked-body.ts'
export { checkWriteConditions, evaluateReadConditions } from './conditions.ts'
export * from './errors.ts'
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
