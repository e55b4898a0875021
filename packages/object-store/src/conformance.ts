import { conditionTests } from './conformance/conditions.ts'
import { faultTests } from './conformance/faults.ts'
import type { ConformanceTest } from './conformance/harness.ts'
import { listTests } from './conformance/lists.ts'
import { multipartTests } from './conformance/multipart.ts'
import { readTests } from './conformance/reads.ts'
import { versionTests } from './conformance/versions.ts'
import { writeTests } from './conformance/writes.ts'

export type { ConformanceTest, MakeStore } from './conformance/harness.ts'

/**
 * What every `ObjectStore` must pass, for any test runner: a test throws an `AssertionError` or resolves. Tests of what a
 * store's capabilities exclude check instead that it throws `NOT_SUPPORTED`, or pass.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createMemoryStore } from '@millrace/object-store'
 * import { conformanceTests } from '@millrace/object-store/conformance'
 *
 * assert.ok(conformanceTests.length > 30)
 * for (const { run } of conformanceTests) await run(async () => createMemoryStore())
 * ```
 */
export const conformanceTests: readonly ConformanceTest[] = [
  ...readTests,
  ...writeTests,
  ...conditionTests,
  ...faultTests,
  ...listTests,
  ...multipartTests,
  ...versionTests,
]
