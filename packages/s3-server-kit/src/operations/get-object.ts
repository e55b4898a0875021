import type { BucketRegistry, GetOptions, ObjectStore } from '@millrace/object-store'
import type { ReadObjectInput } from '@millrace/s3-protocol'
import type { Operation } from '../context.ts'
import { ifRangeHolds } from '../if-range.ts'
import { objectOutput } from '../object-output.ts'

/** GetObject. */
export function getObject(registry: BucketRegistry): Operation<'GetObject'> {
  return async (input, { signal }) => {
    const store = await registry.openBucket(input.bucket)
    const options = await readOptions(store, input, signal)
    const result = await store.get(input.key, options)
    const partial = options.range !== undefined || options.partNumber !== undefined
    // One object, filled in: to copy a dozen fields into another costs more than all the rest here.
    return Object.assign(objectOutput(store, result.info, input, result.range, partial), {
      body: result.body,
      close: () => result[Symbol.asyncDispose](),
    })
  }
}

async function readOptions(
  store: ObjectStore,
  input: ReadObjectInput,
  signal: AbortSignal,
): Promise<GetOptions> {
  const { versionId, conditions, partNumber, ifRange } = input
  let { range } = input
  const options: { -readonly [K in keyof GetOptions]: GetOptions[K] } = { signal }
  if (versionId !== undefined) options.versionId = versionId
  if (conditions !== undefined) options.conditions = conditions
  if (partNumber !== undefined) options.partNumber = partNumber
  if (range !== undefined && ifRange !== undefined) {
    const info = await store.head(input.key, options)
    if (ifRangeHolds(info, ifRange)) options.conditions = { ...conditions, ifMatch: [info.etag] }
    else range = undefined
  }
  if (range !== undefined) options.range = range
  return options
}
