/** A half-open range of bytes: `start` is in it, `end` is not. Inclusive ends appear only in HTTP text. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * A range before the size is known (RFC 9110 §14.1.1): from `start` up to `end` (half-open; to the object's end when left out),
 * or the last `suffix` bytes.
 */
export type RangeSpec =
  | { readonly start: number; readonly end?: number }
  | { readonly suffix: number }

export { RangePlannerError, type RangePlannerErrorCode } from './errors.ts'
export {
  type ContentRange,
  DEFAULT_MAX_RANGES,
  formatContentRange,
  formatRange,
  parseContentRange,
  parseRange,
  type ParseRangeOptions,
  resolveRange,
  resolveRanges,
} from './http-range.ts'
export {
  DEFAULT_PART_SIZE,
  DOWNLOAD_PART_LIMITS,
  type PartLimits,
  type PartPlan,
  type PlannedPart,
  planParts,
  type PlanPartsOptions,
  S3_PART_LIMITS,
} from './parts.ts'
export {
  DEFAULT_CORES,
  DEFAULT_OBJECTS_PLAN,
  type ObjectsPlan,
  planObjects,
  type PlanObjectsOptions,
  planTransfer,
  type TransferContext,
  type TransferPlan,
} from './plan-transfer.ts'
export {
  type Lanes,
  type PartFormula,
  PLANNING_PRESETS,
  type PlanningPreset,
  type PlanningPresetName,
  type PlanningRow,
} from './presets.ts'
export {
  alignRange,
  type CoalesceOptions,
  coalesceRanges,
  type Coverage,
  coverage,
  DEFAULT_COALESCE_GAP,
  DEFAULT_COALESCE_LENGTH,
  MAX_PLANNED_RANGES,
  planRanges,
  type PlanRangesOptions,
  subtractRanges,
} from './ranges.ts'
