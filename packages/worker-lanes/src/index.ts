export { WorkerLanesError, type WorkerLanesErrorCode } from './errors.ts'
export type { LaneDigests } from './hash-jobs.ts'
export type { HashLane } from './hash-lanes.ts'
export {
  DEFAULT_MAX_QUEUE,
  DEFAULT_SLOTS_PER_THREAD,
  type JobOptions,
  type LaneCounts,
  openWorkerLanes,
  type WorkerLanes,
  type WorkerLanesOptions,
} from './lanes.ts'
export { CHECKSUM_LENGTH, checksumsOffset, slotSizeFor } from './slot-layout.ts'
export type {
  DecodeJob,
  DecodeOutcome,
  EncodeJob,
  EncodeOutcome,
  IoJob,
  ShardFile,
  ShardState,
  ShardTarget,
} from './stripe-jobs.ts'
export { type StripeViews, stripeViews } from './stripe-views.ts'
