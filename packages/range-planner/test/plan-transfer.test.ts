import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  PLANNING_PRESETS,
  type PlanningPresetName,
  planObjects,
  planTransfer,
} from '@millrace/range-planner'

const MiB = 1024 ** 2
const GiB = 1024 ** 3
const TiB = 1024 ** 4
const names = Object.keys(PLANNING_PRESETS) as PlanningPresetName[]

test.each(names)('%s covers any size with a finite plan', (name) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.nat(GiB), fc.nat(2 * TiB)),
      fc.integer({ min: 1, max: 128 }),
      fc.integer({ min: 1, max: 64 }),
      fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
      (size, cores, objects, concurrency) => {
        const context = { cores, objects, ...(concurrency === undefined ? {} : { concurrency }) }
        const plan = planTransfer(size, name, context)
        expect(plan.partSize * plan.count).toBeGreaterThanOrEqual(size)
        expect(plan.partSize * (plan.count - 1)).toBeLessThan(Math.max(size, 1))
        expect(plan.concurrency).toBeGreaterThanOrEqual(1)
        expect(plan.concurrency).toBeLessThanOrEqual(plan.count)
        expect(plan.split).toBe(plan.count > 1)
        expect(Number.isSafeInteger(plan.bytesInFlight)).toBe(true)
        const rules = PLANNING_PRESETS[name]
        if (rules.limits !== undefined) expect(plan.count).toBeLessThanOrEqual(10_000)
        if (size <= rules.singleUpTo) expect(plan.split).toBe(false)
        if (rules.budget !== undefined && objects <= rules.budget) {
          expect(plan.concurrency * objects).toBeLessThanOrEqual(rules.budget)
        }
      },
    ),
    { numRuns: 50 },
  )
})

test.each(names)('%s asks for one range where the size is not known', (name) => {
  const plan = planTransfer(undefined, name)
  expect(plan).toMatchObject({ split: false, count: 1, concurrency: 1 })
  expect(plan.partSize).toBeGreaterThan(0)
  expect(PLANNING_PRESETS[name].source).toMatch(/\d/)
})

describe('the tables of the seed systems', () => {
  test.each([
    ['seaweedfs-read', 100 * MiB, {}, { partSize: 4 * MiB, concurrency: 4, count: 25 }],
    [
      'seaweedfs-write',
      100 * MiB,
      {},
      { partSize: 4 * MiB, concurrency: 4, bytesInFlight: 16 * MiB },
    ],
    ['s3dlio-range-engine', 10 * GiB, {}, { partSize: 64 * MiB, concurrency: 32 }],
    ['s3dlio-range-engine', 32 * MiB, {}, { split: false }],
    ['s3dlio-file', 10 * GiB, {}, { partSize: 64 * MiB, concurrency: 16 }],
    ['s3dlio-s3', 32 * MiB, { cores: 16 }, { split: false }],
    ['s3dlio-s3', 100 * MiB, { cores: 16 }, { partSize: 4 * MiB, concurrency: 16 }],
    ['s3dlio-s3', 100 * MiB, { cores: 2 }, { concurrency: 4 }],
    ['s3dlio-s3', 600 * MiB, { cores: 2 }, { partSize: 8 * MiB, concurrency: 8 }],
    ['s3dlio-s3', 600 * MiB, { cores: 16 }, { concurrency: 32 }],
    ['s3dlio-s3', 600 * MiB, { concurrency: 5 }, { concurrency: 5 }],
    ['s3dlio-upload', GiB, {}, { partSize: 16 * MiB, concurrency: 32 }],
    ['s3dlio-upload', TiB, {}, { count: 10_000 }],
    ['s3dlio-adaptive', 15 * MiB, { cores: 1 }, { partSize: 8 * MiB, concurrency: 2 }],
    ['s3dlio-adaptive', 256 * MiB, { cores: 8 }, { partSize: 16 * MiB, concurrency: 16 }],
    ['s3dlio-adaptive', 10 * GiB, { cores: 64 }, { partSize: 32 * MiB, concurrency: 128 }],
    ['abixio-read', 64 * MiB, {}, { split: false }],
    ['abixio-read', 65 * MiB, {}, { partSize: 4 * MiB, concurrency: 1 }],
    ['abixio-degraded-read', 65 * MiB, {}, { partSize: MiB, concurrency: 16 }],
    ['abixio-write', 65 * MiB, {}, { partSize: MiB, concurrency: 8 }],
    ['s3z-upload', 50 * MiB, {}, { split: false }],
    ['s3z-upload', 100 * MiB, {}, { partSize: 8 * MiB, concurrency: 8 }],
    ['s3z-upload', GiB, {}, { partSize: 64 * MiB, count: 16 }],
    ['s3z-upload', GiB, { concurrency: 2 }, { partSize: 256 * MiB, concurrency: 2 }],
    ['s3z-upload', 100 * GiB, {}, { partSize: 256 * MiB, concurrency: 8 }],
    ['s3z-download', 2 * GiB, {}, { split: false }],
    ['s3z-download', 4 * GiB, { concurrency: 99 }, { partSize: 512 * MiB, concurrency: 8 }],
  ] as const)('%s, %i bytes, %o', (name, size, context, expected) => {
    expect(planTransfer(size, name, context)).toMatchObject(expected)
  })

  test('s3z cannot upload beyond 2.44 TiB', () => {
    expect(planTransfer(10_000 * 256 * MiB, 's3z-upload').count).toBe(10_000)
    expect(() => planTransfer(10_000 * 256 * MiB + 1, 's3z-upload')).toThrow(
      expect.objectContaining({ code: 'ERR_RANGE_PLANNER_OBJECT_TOO_LARGE' }),
    )
  })
})

describe('the preset millrace', () => {
  test('splits what is large, known, and has room', () => {
    expect(planTransfer(32 * MiB).split).toBe(false)
    expect(planTransfer(undefined)).toMatchObject({ split: false, partSize: 8 * MiB })
    expect(planTransfer(100 * MiB)).toMatchObject({ partSize: 8 * MiB, concurrency: 13 })
    expect(planTransfer(GiB, 'millrace', { objects: 4 })).toMatchObject({
      concurrency: 4,
      partSize: 64 * MiB,
    })
    expect(planTransfer(GiB, 'millrace', { objects: 9 })).toMatchObject({ split: false })
    expect(planTransfer(GiB, 'millrace', { concurrency: 1 })).toMatchObject({ split: false })
  })

  test('plans every object that S3 can hold', () => {
    for (const name of ['millrace', 'millrace-upload'] as const) {
      expect(planTransfer(48 * TiB, name).count).toBeLessThanOrEqual(10_000)
    }
  })
})

test('planTransfer() takes tables of your own and rejects what it does not know', () => {
  const own = { ...PLANNING_PRESETS.millrace, source: 'ours', singleUpTo: 0, budget: 4 }
  expect(planTransfer(64 * MiB, own).concurrency).toBe(4)
  for (const wrong of [
    () => planTransfer(1, 'other' as never),
    () => planTransfer(-1),
    () => planTransfer(1, 'millrace', { cores: 0 }),
    () => planTransfer(1, 'millrace', { objects: 0 }),
    () =>
      planTransfer(GiB, { ...PLANNING_PRESETS['s3dlio-s3'], partSize: [{ below: 1, value: 1 }] }),
  ]) {
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_RANGE_PLANNER_INVALID_ARGUMENT' }))
  }
})

test('planObjects() stays within the budget', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(10 * GiB), { maxLength: 400 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      (sizes, budget, concurrency) => {
        const plan = planObjects(sizes, { budget, concurrency })
        expect(plan.objects * plan.concurrency).toBeLessThanOrEqual(budget)
        expect(plan.objects).toBeGreaterThanOrEqual(1)
      },
    ),
  )
  expect(planObjects([])).toEqual({ objects: 1, concurrency: 1 })
  expect(planObjects([1, 2, 3 * GiB])).toEqual({ objects: 3, concurrency: 1 })
  expect(planObjects([1, 3 * GiB, 3 * GiB])).toEqual({ objects: 3, concurrency: 8 })
})
