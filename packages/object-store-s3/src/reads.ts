import { exactBytes } from '@millrace/byte-streams'
import {
  checkKey,
  type GetOptions,
  type GetResult,
  type HeadOptions,
  type ObjectInfo,
  ObjectStoreError,
} from '@millrace/object-store'
import {
  checkBodyAnswer,
  conditionHeaders,
  type HttpAnswer,
  rangeHeader,
} from '@millrace/object-store/http'
import type { ByteRange } from '@millrace/range-planner'
import type { S3Client } from './client.ts'
import { infoOf } from './object-headers.ts'

/** Says that checksums are wanted (S3 GetObject). */
const CHECKSUM_MODE = { 'x-amz-checksum-mode': 'ENABLED' }

export async function headObject(
  client: S3Client,
  key: string,
  options: HeadOptions = {},
): Promise<ObjectInfo> {
  const { versionId, signal } = options
  signal?.throwIfAborted()
  const answer = await client.send({
    method: 'HEAD',
    key: checkKey(key),
    query: { versionId },
    headers: { ...CHECKSUM_MODE, ...conditionHeaders(options.conditions) },
    expect: [200],
    signal,
    versionId,
  })
  await answer.body[Symbol.asyncDispose]()
  const size = Number(answer.headers['content-length'])
  return infoOf(key, answer.headers, Number.isSafeInteger(size) ? size : 0, {
    partial: false,
    requestedVersion: versionId,
  })
}

export async function getObject(
  client: S3Client,
  key: string,
  options: GetOptions = {},
): Promise<GetResult> {
  const { versionId, signal, range, partNumber } = options
  signal?.throwIfAborted()
  checkKey(key)
  if (range !== undefined && 'suffix' in range && range.suffix === 0) {
    // "bytes=-0" is a range that no server reads alike.
    const { size } = await headObject(client, key, options)
    throw new ObjectStoreError('RANGE_NOT_SATISFIABLE', `Range has no bytes: ${key}`, {
      details: { size },
    })
  }
  if (partNumber !== undefined && range !== undefined) {
    return getRangeOfPart(client, key, options, partNumber)
  }
  const answer = await client.send({
    method: 'GET',
    key,
    query: { versionId, partNumber },
    headers: {
      ...CHECKSUM_MODE,
      ...conditionHeaders(options.conditions),
      ...(range === undefined ? {} : { range: rangeHeader(range) }),
    },
    expect: [200, 206],
    signal,
    versionId,
  })
  try {
    return resultOf(answer, key, options)
  } catch (error) {
    await answer.body[Symbol.asyncDispose]()
    throw error
  }
}

function resultOf(answer: HttpAnswer, key: string, options: GetOptions): GetResult {
  const { headers, status, body } = answer
  // A part's place is known from the answer only.
  const place = options.partNumber === undefined ? options.range : rangeOfAnswer(headers)
  const { range, size, length } = checkBodyAnswer(answer, place, key)
  const exact = exactBytes(length, {
    createError: ({ kind, expected, seen }) =>
      kind === 'short'
        ? new ObjectStoreError(
            'UNAVAILABLE',
            `Body ended after ${seen} of ${expected} bytes: ${key}`,
          )
        : new ObjectStoreError('CORRUPT', `Body has more than its ${expected} bytes: ${key}`),
  })(body)
  return {
    info: infoOf(key, headers, size, {
      partial: status === 206,
      requestedVersion: options.versionId,
    }),
    range,
    body: exact,
    [Symbol.asyncDispose]: async () => body[Symbol.asyncDispose](),
  }
}

function rangeOfAnswer(headers: Readonly<Record<string, string>>): ByteRange | undefined {
  const match = /^bytes (\d+)-(\d+)\//i.exec(headers['content-range'] ?? '')
  return match === null ? undefined : { start: Number(match[1]), end: Number(match[2]) + 1 }
}

/** S3 takes a part or a range, not both: ask where the part lies, then for the range. */
async function getRangeOfPart(
  client: S3Client,
  key: string,
  options: GetOptions,
  partNumber: number,
): Promise<GetResult> {
  const { range: within, partNumber: _part, ...rest } = options
  await using part = await getObject(client, key, { ...rest, partNumber })
  const { start, end } = part.range
  const size = end - start
  const asked =
    within === undefined
      ? { start: 0, end: size }
      : 'suffix' in within
        ? { start: Math.max(0, size - within.suffix), end: size }
        : { start: within.start, end: Math.min(size, within.end ?? size) }
  if (asked.start >= size) {
    throw new ObjectStoreError(
      'RANGE_NOT_SATISFIABLE',
      `Range is beyond part ${partNumber}: ${key}`,
      {
        details: { size: part.info.size, partNumber },
      },
    )
  }
  return getObject(client, key, {
    ...rest,
    range: { start: start + asked.start, end: start + asked.end },
    conditions: { ...rest.conditions, ifMatch: [part.info.etag] },
  })
}
