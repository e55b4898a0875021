import { parseRange, type RangeSpec } from '@millrace/range-planner'
import { parseEntityTags, readConditionsOf } from './conditions.ts'
import { S3Error } from './errors.ts'
import { parseHttpDate } from './http-date.ts'
import { responseOverridesOf } from './object-headers.ts'
import type { ObjectInput, ReadObjectInput } from './operations.ts'
import type { Query } from './query.ts'
import { type RequestHeaders, headerOf, partNumberOf } from './request-headers.ts'

/** The input of GetObject and HeadObject. */
export function readObjectInput(
  object: ObjectInput,
  { query, headers }: { readonly query: Query; readonly headers: RequestHeaders },
): ReadObjectInput {
  const input: { -readonly [K in keyof ReadObjectInput]: ReadObjectInput[K] } = {
    bucket: object.bucket,
    key: object.key,
    checksumMode: headerOf(headers, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED',
  }
  if (object.versionId !== undefined) input.versionId = object.versionId
  const range = rangeOf(headers)
  if (range !== undefined) {
    input.range = range
    const ifRange = headerOf(headers, 'if-range')
    if (ifRange !== undefined) input.ifRange = ifRangeOf(ifRange)
  }
  const conditions = readConditionsOf(headers)
  if (conditions !== undefined) input.conditions = conditions
  const partNumber = query.get('partNumber')
  if (partNumber !== undefined) {
    if (range !== undefined) {
      throw new S3Error('InvalidRequest', {
        message: 'Cannot specify both Range header and partNumber query parameter',
      })
    }
    input.partNumber = partNumberOf(partNumber)
  }
  const overrides = responseOverridesOf(query)
  if (overrides !== undefined) input.overrides = overrides
  for (const name of SSE_C) {
    if (headers[name] !== undefined) {
      throw new S3Error('NotImplemented', { details: { Header: name } })
    }
  }
  return input
}

/** One range; what is malformed or several is as if it were not there (RFC 9110 §14.2), as S3 has it. */
function rangeOf(headers: RequestHeaders): RangeSpec | undefined {
  const text = headerOf(headers, 'range')
  if (text === undefined) return undefined
  const ranges = parseRange(text)
  return ranges?.length === 1 ? ranges[0] : undefined
}

function ifRangeOf(text: string): string | Date {
  if (/^(?:W\/)?"/.test(text)) {
    const tags = parseEntityTags(text)
    return tags === '*' ? '' : (tags[0] ?? '')
  }
  return parseHttpDate(text) ?? text
}

const SSE_C = [
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-server-side-encryption-customer-key',
]
