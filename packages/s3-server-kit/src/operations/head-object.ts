import { type BucketRegistry, type HeadOptions, resolveGetRange } from '@millrace/object-store'
import type { Operation } from '../context.ts'
import { ifRangeHolds } from '../if-range.ts'
import { objectOutput } from '../object-output.ts'

/** HeadObject: what GetObject would say, without the body. */
export function headObject(registry: BucketRegistry): Operation<'HeadObject'> {
  return async (input, { signal }) => {
    const store = await registry.openBucket(input.bucket)
    const options: { -readonly [K in keyof HeadOptions]: HeadOptions[K] } = { signal }
    if (input.versionId !== undefined) options.versionId = input.versionId
    if (input.conditions !== undefined) options.conditions = input.conditions
    const info = await store.head(input.key, options)
    const { ifRange, partNumber } = input
    const stale = ifRange !== undefined && !ifRangeHolds(info, ifRange)
    const range = stale ? undefined : input.range
    const bytes = resolveGetRange({ range, partNumber }, info, input.key)
    return objectOutput(store, info, input, bytes, range !== undefined || partNumber !== undefined)
  }
}
