export {
  createErasureCodec,
  type ErasureCodec,
  type ErasureCodecOptions,
  type ReconstructAtOptions,
  type ReconstructOptions,
} from './codec.ts'
export {
  type EcArgumentErrorCode,
  EcCodecError,
  type EcCodecErrorCode,
} from './errors.ts'
export { DEFAULT_UNIT, type Stripe, type StripeGeometry, stripeGeometry } from './geometry.ts'
export type { CodecMemory, Region } from './kernel.ts'
export { MATRIX_CACHE_SIZE } from './matrix.ts'
export { checkScheme, formatScheme, MAX_SHARDS, parseScheme, type Scheme } from './scheme.ts'
export { SCRATCH_BYTES } from './simd-engine.ts'
