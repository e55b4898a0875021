export { VolumeError, type VolumeErrorCode } from './errors.ts'
export { type Generation, type Generations, createGenerations } from './generation.ts'
export {
  type ErasureStore,
  type ErasureStoreOptions,
  type VolumeStatus,
  openErasureStore,
} from './open-erasure-store.ts'
export { type VolumeWarning, readVolumeLayout, writeQuorumOf } from './volume-set.ts'
export type { Durability } from './volume.ts'
