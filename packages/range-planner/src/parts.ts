import { checkWhole, RangePlannerError } from './errors.ts'
import type { ByteRange } from './index.ts'
import { planRanges } from './ranges.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB

/** What a service allows of the parts of one object. Bytes, except `maxParts`. */
export interface PartLimits {
  readonly maxParts: number
  /** Of every part but the last. */
  readonly minPartSize: number
  readonly maxPartSize: number
  readonly maxObjectSize: number
}

/**
 * Amazon S3's limits for multipart uploads: 10,000 parts of 5 MiB to 5 GiB, so that an object may have 48.8 TiB
 * (Amazon S3 User Guide, "Amazon S3 multipart upload limits").
 */
export const S3_PART_LIMITS: PartLimits = {
  maxParts: 10_000,
  minPartSize: 5 * MiB,
  maxPartSize: 5 * GiB,
  maxObjectSize: 10_000 * 5 * GiB,
}

/** Our own limits for downloads, where S3 has none: a ranged GET may ask for any range of the largest object. */
export const DOWNLOAD_PART_LIMITS: PartLimits = {
  maxParts: 10_000,
  minPartSize: 1,
  maxPartSize: 10_000 * 5 * GiB,
  maxObjectSize: 10_000 * 5 * GiB,
}

/** The part size that {@link planParts} aims at: 16 MiB. */
export const DEFAULT_PART_SIZE: number = 16 * MiB

/** Options of {@link planParts}. */
export interface PlanPartsOptions {
  /**
   * Bytes wanted in a part. Raised to the smallest part allowed, and as far as the number of parts demands.
   * @default DEFAULT_PART_SIZE
   */
  readonly partSize?: number
  /**
   * {@link S3_PART_LIMITS} for uploads, {@link DOWNLOAD_PART_LIMITS} for downloads.
   * @default S3_PART_LIMITS
   */
  readonly limits?: PartLimits
  /**
   * The part size is rounded up to a multiple of it.
   * @default 1
   */
  readonly align?: number
}

/** One part: a range with S3's number, from 1. */
export interface PlannedPart extends ByteRange {
  readonly partNumber: number
}

/** What {@link planParts} gives. */
export interface PartPlan {
  /** Bytes of each part but the last. */
  readonly partSize: number
  /** None for an empty object: that one travels in a single request. */
  readonly parts: readonly PlannedPart[]
}

/**
 * Plans the parts of an object within the limits of a service.
 *
 * @param size bytes of the object
 * @param options see {@link PlanPartsOptions}
 * @returns consecutive parts that cover the object
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_OBJECT_TOO_LARGE` if the limits have no place for it;
 * `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { planParts } from '@millrace/range-planner'
 *
 * const { partSize, parts } = planParts(40 * 1024 ** 2)
 * assert.equal(partSize, 16 * 1024 ** 2)
 * assert.deepEqual(parts.at(-1), { partNumber: 3, start: 32 * 1024 ** 2, end: 40 * 1024 ** 2 })
 * assert.equal(planParts(48 * 1024 ** 4).parts.length <= 10_000, true)
 * ```
 */
export function planParts(size: number, options: PlanPartsOptions = {}): PartPlan {
  const { partSize: wanted = DEFAULT_PART_SIZE, limits = S3_PART_LIMITS, align = 1 } = options
  checkWhole('size', size)
  const partSize = fitPartSize(size, wanted, limits, align)
  const parts = planRanges({ start: 0, end: size }, { partSize }).map((range, index) => ({
    partNumber: index + 1,
    ...range,
  }))
  return { partSize, parts }
}

/** @internal The part size wanted, made to fit. */
export function fitPartSize(
  size: number,
  wanted: number,
  limits: PartLimits,
  align: number,
): number {
  checkWhole('partSize', wanted, 1)
  checkWhole('align', align, 1)
  checkWhole('maxParts', limits.maxParts, 1)
  checkWhole('minPartSize', limits.minPartSize, 1)
  const least = Math.max(wanted, limits.minPartSize, Math.ceil(size / limits.maxParts))
  const partSize = Math.ceil(least / align) * align
  if (size > limits.maxObjectSize || partSize > limits.maxPartSize) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_OBJECT_TOO_LARGE',
      `Cannot plan ${size} bytes in parts of ${partSize}: at most ${limits.maxParts} parts of ${limits.maxPartSize} bytes, ${limits.maxObjectSize} in all`,
    )
  }
  return partSize
}
