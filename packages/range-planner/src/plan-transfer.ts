import { checkWhole, RangePlannerError } from './errors.ts'
import { fitPartSize } from './parts.ts'
import {
  PLANNING_PRESETS,
  type PlanningPreset,
  type PlanningPresetName,
  type PlanningRow,
} from './presets.ts'

/** Cores assumed where none are given: plans stay the same on every machine unless a caller wants otherwise. */
export const DEFAULT_CORES = 4

/** What a plan depends on besides the size. */
export interface TransferContext {
  /**
   * Cores of the machine, for tables that count them.
   * @default DEFAULT_CORES
   */
  readonly cores?: number
  /**
   * Objects that are transferred at the same time, this one included.
   * @default 1
   */
  readonly objects?: number
  /**
   * Parts in flight that the caller asks for, where the preset listens to it.
   * @default the preset's table
   */
  readonly concurrency?: number
}

/** How to transfer one object. */
export interface TransferPlan {
  /** Whether there is more than one request. */
  readonly split: boolean
  /** Bytes of each part but the last. Of an object of unknown size: bytes of the first request, which learns the size. */
  readonly partSize: number
  /** Number of parts; 1 where there is one request, also for an empty object. */
  readonly count: number
  /** Parts in flight at most. */
  readonly concurrency: number
  /** What may be in memory if each part is held whole: `partSize × concurrency`. */
  readonly bytesInFlight: number
}

/**
 * Plans the transfer of one object by the tables of a preset: whether to split, into what parts, how many at once.
 *
 * @param size bytes of the object; `undefined` where it is not known. Then the plan is one request for `partSize` bytes,
 * whose `Content-Range` tells the size: plan again with it
 * @param preset a name in {@link PLANNING_PRESETS}, or tables of your own
 * @param context see {@link TransferContext}
 * @returns see {@link TransferPlan}
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`; `ERR_RANGE_PLANNER_OBJECT_TOO_LARGE` where the preset
 * has no plan for the size (s3z-upload beyond 2.44 TiB)
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { planTransfer } from '@millrace/range-planner'
 *
 * const MiB = 1024 ** 2
 * assert.deepEqual(planTransfer(1024 * MiB, 'millrace'), {
 *   split: true, partSize: 16 * MiB, count: 64, concurrency: 16, bytesInFlight: 256 * MiB,
 * })
 * // Sixteen objects at once leave one request for each: no split.
 * assert.equal(planTransfer(1024 * MiB, 'millrace', { objects: 16 }).split, false)
 * assert.equal(planTransfer(100 * MiB, 's3dlio-s3', { cores: 8 }).concurrency, 8)
 * ```
 */
export function planTransfer(
  size: number | undefined,
  preset: PlanningPresetName | PlanningPreset = 'millrace',
  context: TransferContext = {},
): TransferPlan {
  const { cores = DEFAULT_CORES, objects = 1, concurrency } = context
  checkWhole('cores', cores, 1)
  checkWhole('objects', objects, 1)
  if (concurrency !== undefined) checkWhole('concurrency', concurrency, 1)
  const rules = typeof preset === 'string' ? PLANNING_PRESETS[preset] : preset
  if (rules === undefined) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
      `Cannot plan by a preset that does not exist: ${JSON.stringify(preset)}`,
    )
  }
  if (size === undefined) return single(row(rules.partSize, 0))
  checkWhole('size', size)
  const wanted = rules.concurrencyByCaller ? concurrency : undefined
  const share =
    rules.budget === undefined
      ? Number.MAX_SAFE_INTEGER
      : Math.max(1, Math.floor(rules.budget / objects))
  const lanes = Math.min(wanted ?? lanesFor(rules, size, cores), share)
  if (size <= rules.singleUpTo || (rules.budget !== undefined && lanes === 1)) return single(size)
  const partSize = partSizeFor(rules, size, lanes)
  const count = Math.max(1, Math.ceil(size / partSize))
  const inFlight = Math.min(lanes, count)
  return {
    split: count > 1,
    partSize,
    count,
    concurrency: inFlight,
    bytesInFlight: partSize * inFlight,
  }
}

function single(partSize: number): TransferPlan {
  return { split: false, partSize, count: 1, concurrency: 1, bytesInFlight: partSize }
}

function row<Value>(table: readonly PlanningRow<Value>[], size: number): Value {
  const found = table.find(({ below }) => below === undefined || size < below)
  if (found === undefined) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_INVALID_ARGUMENT',
      `Cannot plan ${size} bytes: the last line of a planning table must have no bound`,
    )
  }
  return found.value
}

function lanesFor(rules: PlanningPreset, size: number, cores: number): number {
  const lanes = row(rules.concurrency, size)
  if (typeof lanes === 'number') return lanes
  return Math.min(Math.max(Math.floor(cores * lanes.perCore), lanes.least), lanes.most)
}

function partSizeFor(rules: PlanningPreset, size: number, lanes: number): number {
  const { formula, limits } = rules
  if (formula === undefined) {
    const wanted = row(rules.partSize, size)
    return limits === undefined ? wanted : fitPartSize(size, wanted, limits, 1)
  }
  const even = Math.max(Math.ceil(size / (lanes * formula.share)), Math.ceil(size / 10_000))
  const clamped = Math.min(Math.max(even, formula.least), formula.most)
  if (limits === undefined) return clamped
  const fitting = fitPartSize(size, clamped, limits, formula.align)
  if (fitting > formula.most && !formula.raise) {
    throw new RangePlannerError(
      'ERR_RANGE_PLANNER_OBJECT_TOO_LARGE',
      `Cannot plan ${size} bytes: parts of ${formula.most} bytes at most make more than ${limits.maxParts}`,
    )
  }
  return fitting
}

/** Options of {@link planObjects}. */
export interface PlanObjectsOptions {
  /**
   * Requests in flight over all objects.
   * @default 256
   */
  readonly budget?: number
  /**
   * Objects at most of this size (the median counts) are not split. Bytes.
   * @default 2 GiB
   */
  readonly threshold?: number
  /**
   * Parts in flight of each object that is split.
   * @default 8
   */
  readonly concurrency?: number
}

/** How many objects at once, and how many parts of each. */
export interface ObjectsPlan {
  readonly objects: number
  readonly concurrency: number
}

/** The defaults of {@link planObjects}: those of s3z 0.1.0-rc.2, tune_parallelism. */
export const DEFAULT_OBJECTS_PLAN: Required<PlanObjectsOptions> = {
  budget: 256,
  threshold: 2 * 1024 ** 3,
  concurrency: 8,
}

/**
 * Shares a budget of requests between objects and their parts, as s3z's tune_parallelism does with the first page of a
 * listing: if the median object is small, many objects and one request each; else parts, and as many objects as fit.
 *
 * @param sizes bytes of a sample of the objects
 * @param options see {@link PlanObjectsOptions}
 * @returns see {@link ObjectsPlan}
 * @throws {RangePlannerError} `ERR_RANGE_PLANNER_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { planObjects } from '@millrace/range-planner'
 *
 * assert.deepEqual(planObjects([10, 20, 30]), { objects: 3, concurrency: 1 })
 * assert.deepEqual(planObjects(Array(100).fill(5 * 1024 ** 3)), { objects: 32, concurrency: 8 })
 * ```
 */
export function planObjects(
  sizes: readonly number[],
  options: PlanObjectsOptions = {},
): ObjectsPlan {
  const { budget, threshold, concurrency } = { ...DEFAULT_OBJECTS_PLAN, ...options }
  checkWhole('budget', budget, 1)
  checkWhole('threshold', threshold)
  checkWhole('concurrency', concurrency, 1)
  for (const size of sizes) checkWhole('size', size)
  const middle = sizes.toSorted((a, b) => a - b)[sizes.length >> 1]
  if (middle === undefined || middle <= threshold) {
    return { objects: Math.max(1, Math.min(budget, sizes.length)), concurrency: 1 }
  }
  const parts = Math.min(concurrency, budget)
  return {
    objects: Math.max(1, Math.min(Math.floor(budget / parts), sizes.length)),
    concurrency: parts,
  }
}
