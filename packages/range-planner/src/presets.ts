import { DOWNLOAD_PART_LIMITS, type PartLimits, S3_PART_LIMITS } from './parts.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB

/** One line of a planning table: it holds for sizes below `below`, the first that fits. */
export interface PlanningRow<Value> {
  /** Bytes, exclusive; the last line of a table has none. */
  readonly below?: number
  readonly value: Value
}

/** A number of requests: fixed, or a multiple of the machine's cores within bounds. */
export interface Lanes {
  readonly perCore: number
  readonly least: number
  readonly most: number
}

/** Parts as a share of the object: `size / (concurrency × share)`, but never more than 10,000 of them. */
export interface PartFormula {
  readonly share: number
  readonly least: number
  readonly most: number
  /** Part sizes are rounded up to a multiple of it. */
  readonly align: number
  /** Whether `most` gives way where there would be more parts than `limits` allow; if not, the plan fails. */
  readonly raise: boolean
}

/** How one system plans a transfer. All sizes in bytes. */
export interface PlanningPreset {
  /** Where the figures come from. */
  readonly source: string
  readonly direction: 'read' | 'write'
  /** Objects up to this size travel in one request. */
  readonly singleUpTo: number
  /** Bytes of a part by size of the object. */
  readonly partSize: readonly PlanningRow<number>[]
  /** Parts in flight by size of the object. */
  readonly concurrency: readonly PlanningRow<number | Lanes>[]
  /** Where set, it gives the part size instead of the table. */
  readonly formula?: PartFormula
  /** Where set, the part size is made to fit them. */
  readonly limits?: PartLimits
  /** Requests in flight over all objects at once: where set, each object gets its share only. */
  readonly budget?: number
  /** Whether `concurrency` in the context overrides the table. */
  readonly concurrencyByCaller: boolean
}

/** The names in {@link PLANNING_PRESETS}. */
export type PlanningPresetName =
  | 'seaweedfs-read'
  | 'seaweedfs-write'
  | 's3dlio-range-engine'
  | 's3dlio-file'
  | 's3dlio-s3'
  | 's3dlio-upload'
  | 's3dlio-adaptive'
  | 'abixio-read'
  | 'abixio-degraded-read'
  | 'abixio-write'
  | 's3z-upload'
  | 's3z-download'
  | 'millrace'
  | 'millrace-upload'

const fixed = <Value>(value: Value): readonly PlanningRow<Value>[] => [{ value }]

/** Four parts a lane, so that a slow one is no long tail; from 8 MiB, below which the request costs more than the bytes. */
const OURS: PartFormula = { share: 4, least: 8 * MiB, most: 64 * MiB, align: MiB, raise: true }

/**
 * How SeaweedFS, s3dlio, AbixIO, s3z and we plan transfers, as data, each with its source. `millrace` is ours: it splits only what is large, whose size is known
 * without an extra request, and as far as other objects leave room in the budget (the rule that s3dlio learnt, mlcommons
 * storage #668 and #715: splitting always cost 20 points, a threshold of 64 MB was best at 16 objects in parallel).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { PLANNING_PRESETS } from '@millrace/range-planner'
 *
 * assert.equal(PLANNING_PRESETS['s3dlio-s3'].singleUpTo, 32 * 1024 ** 2)
 * assert.match(PLANNING_PRESETS['s3z-upload'].source, /multipart_threshold 50 MiB/)
 * ```
 */
export const PLANNING_PRESETS: Readonly<Record<PlanningPresetName, PlanningPreset>> = {
  'seaweedfs-read': {
    source:
      'SeaweedFS 4.44: chunks of 4 MiB (filer -maxMB 4), DefaultPrefetchCount 4, ReadAt concurrency 4',
    direction: 'read',
    singleUpTo: 4 * MiB,
    partSize: fixed(4 * MiB),
    concurrency: fixed(4),
    concurrencyByCaller: false,
  },
  'seaweedfs-write': {
    source:
      'SeaweedFS 4.44: filer -maxMB 4 (S3 without a filer setting: 8), 4 chunk buffers in flight per object',
    direction: 'write',
    singleUpTo: 4 * MiB,
    partSize: fixed(4 * MiB),
    concurrency: fixed(4),
    concurrencyByCaller: false,
  },
  's3dlio-range-engine': {
    source:
      's3dlio 0.9.106 RangeEngine: chunk_size 64 MiB, max_concurrent_ranges 32, min_split_size 32 MiB',
    direction: 'read',
    singleUpTo: 32 * MiB,
    partSize: fixed(64 * MiB),
    concurrency: fixed(32),
    concurrencyByCaller: true,
  },
  's3dlio-file': {
    source: 's3dlio 0.9.106 RangeEngine of the file and direct stores: 16 ranges at once',
    direction: 'read',
    singleUpTo: 32 * MiB,
    partSize: fixed(64 * MiB),
    concurrency: fixed(16),
    concurrencyByCaller: true,
  },
  's3dlio-s3': {
    source:
      's3dlio 0.9.106 S3 range path: S3DLIO_RANGE_THRESHOLD_MB 32; chunk table 1, 4, 8 MiB; concurrency table by cores',
    direction: 'read',
    singleUpTo: 32 * MiB,
    partSize: [
      { below: 16 * MiB, value: 1 * MiB },
      { below: 256 * MiB, value: 4 * MiB },
      { value: 8 * MiB },
    ],
    concurrency: [
      { below: 32 * MiB, value: { perCore: 0.5, least: 2, most: Number.MAX_SAFE_INTEGER } },
      { below: 512 * MiB, value: { perCore: 1, least: 4, most: Number.MAX_SAFE_INTEGER } },
      { value: { perCore: 2, least: 8, most: Number.MAX_SAFE_INTEGER } },
    ],
    concurrencyByCaller: true,
  },
  's3dlio-upload': {
    source:
      's3dlio 0.9.106 multipart: part 16 MiB, threshold 32 MiB, in flight max(32, ceil(512 MiB / part)), at most 10,000 parts',
    direction: 'write',
    singleUpTo: 32 * MiB,
    partSize: fixed(16 * MiB),
    concurrency: fixed(32),
    limits: S3_PART_LIMITS,
    concurrencyByCaller: true,
  },
  's3dlio-adaptive': {
    source:
      's3dlio 0.9.106 AdaptiveConfig (off by default): parts 8, 16, 32 MiB and cores × 8, 4, 2 within 8 to 128, by 16 and 256 MiB',
    direction: 'write',
    singleUpTo: 0,
    partSize: [
      { below: 16 * MiB, value: 8 * MiB },
      { below: 256 * MiB + 1, value: 16 * MiB },
      { value: 32 * MiB },
    ],
    concurrency: [
      { below: 16 * MiB, value: { perCore: 8, least: 8, most: 128 } },
      { below: 256 * MiB + 1, value: { perCore: 4, least: 8, most: 128 } },
      { value: { perCore: 2, least: 8, most: 128 } },
    ],
    limits: S3_PART_LIMITS,
    concurrencyByCaller: true,
  },
  'abixio-read': {
    source:
      'AbixIO 2026-04-18: mmap in slices of 4 MiB, one at a time; up to 64 MiB collected whole',
    direction: 'read',
    singleUpTo: 64 * MiB,
    partSize: fixed(4 * MiB),
    concurrency: fixed(1),
    concurrencyByCaller: false,
  },
  'abixio-degraded-read': {
    source: 'AbixIO 2026-04-18: blocks of 1 MiB reconstructed into a channel of 16',
    direction: 'read',
    singleUpTo: 1 * MiB,
    partSize: fixed(1 * MiB),
    concurrency: fixed(16),
    concurrencyByCaller: false,
  },
  'abixio-write': {
    source:
      'AbixIO 2026-04-18: blocks of 1 MiB; below 1 MiB one write; on one disk a channel of 8 before the writer',
    direction: 'write',
    singleUpTo: 1 * MiB - 1,
    partSize: fixed(1 * MiB),
    concurrency: fixed(8),
    concurrencyByCaller: false,
  },
  's3z-upload': {
    source:
      's3z 0.1.0-rc.2: multipart_threshold 50 MiB, -c 8, part clamp(max(size / (2·conc), ceil(size / 10000)), 8 MiB, 256 MiB)',
    direction: 'write',
    singleUpTo: 50 * MiB,
    partSize: fixed(50 * MiB),
    concurrency: fixed(8),
    formula: { share: 2, least: 8 * MiB, most: 256 * MiB, align: 1, raise: false },
    limits: S3_PART_LIMITS,
    concurrencyByCaller: true,
  },
  's3z-download': {
    source:
      's3z 0.1.0-rc.2: multipart_download_threshold 2 GiB, part max(size / conc, ceil(size / 10000), 8 MiB), concurrency_for_size 2, 4, 8',
    direction: 'read',
    singleUpTo: 2 * GiB,
    partSize: fixed(50 * MiB),
    concurrency: [
      { below: 256 * MiB + 1, value: 2 },
      { below: 2 * GiB + 1, value: 4 },
      { value: 8 },
    ],
    formula: { share: 1, least: 8 * MiB, most: Number.MAX_SAFE_INTEGER, align: 1, raise: false },
    concurrencyByCaller: false,
  },
  millrace: {
    source:
      'Millrace: budget of 16 requests over all objects, four parts a lane of 8 to 64 MiB, one request up to 32 MiB',
    direction: 'read',
    singleUpTo: 32 * MiB,
    partSize: fixed(8 * MiB),
    concurrency: fixed(16),
    formula: OURS,
    limits: DOWNLOAD_PART_LIMITS,
    budget: 16,
    concurrencyByCaller: true,
  },
  'millrace-upload': {
    source: 'Millrace: as millrace, within the part limits of S3',
    direction: 'write',
    singleUpTo: 32 * MiB,
    partSize: fixed(8 * MiB),
    concurrency: fixed(16),
    formula: OURS,
    limits: S3_PART_LIMITS,
    budget: 16,
    concurrencyByCaller: true,
  },
}
