import { ObjectStoreError } from './errors.ts'
import type { ObjectInfo, ReadConditions, WriteConditions } from './port.ts'

/**
 * Evaluates the conditions of a read in the order of RFC 9110 §13.2.2: If-Match, else If-Unmodified-Since; then
 * If-None-Match, else If-Modified-Since. Dates count in whole seconds, as HTTP writes them. If-Match compares strongly,
 * If-None-Match weakly (RFC 9110 §8.8.3.2).
 *
 * @param info - the version that would be read
 * @param conditions - ETags without quotes; a weak one begins with `W/`
 * @throws {ObjectStoreError} `PRECONDITION_FAILED` (412), or `NOT_MODIFIED` (304) with `etag` and `lastModified`
 *   (milliseconds) in `details`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { evaluateReadConditions } from '@millrace/object-store'
 *
 * const info = { key: 'a', etag: 'e1', lastModified: new Date(0) }
 * assert.throws(() => evaluateReadConditions(info, { ifNoneMatch: ['e1'] }), { code: 'NOT_MODIFIED' })
 * assert.throws(() => evaluateReadConditions(info, { ifMatch: ['e2'] }), { code: 'PRECONDITION_FAILED' })
 * evaluateReadConditions(info, { ifMatch: ['e1'], ifUnmodifiedSince: new Date(-1) })
 * ```
 */
export function evaluateReadConditions(
  info: Pick<ObjectInfo, 'key' | 'etag' | 'lastModified'>,
  conditions: ReadConditions | undefined,
): void {
  if (conditions === undefined) return
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  const modified = seconds(info.lastModified)
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, info.etag, true)) throw failed(info.key, 'If-Match', info.etag)
  } else if (ifUnmodifiedSince !== undefined && modified > seconds(ifUnmodifiedSince)) {
    throw failed(info.key, 'If-Unmodified-Since', info.etag)
  }
  const unchanged =
    ifNoneMatch !== undefined
      ? matches(ifNoneMatch, info.etag, false)
      : ifModifiedSince !== undefined && modified <= seconds(ifModifiedSince)
  if (unchanged) {
    throw new ObjectStoreError('NOT_MODIFIED', `Object has not been modified: ${info.key}`, {
      details: { etag: info.etag, lastModified: info.lastModified.getTime() },
    })
  }
}

/**
 * Checks the conditions of a write against what the key holds now. Call it before reading the body, to refuse early, and
 * again in the commit itself, in one step with it.
 *
 * @param current - the key's latest version, or undefined where there is none (or a delete marker)
 * @param conditions - create only (`ifNoneMatch: '*'`) or replace only this (`ifMatch`; `'*'` is any)
 * @param key - for the message
 * @throws {ObjectStoreError} `PRECONDITION_FAILED`, or `NOT_FOUND` for `ifMatch` where there is nothing (as S3 has it)
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { checkWriteConditions } from '@millrace/object-store'
 *
 * checkWriteConditions(undefined, { ifNoneMatch: '*' }, 'a')
 * assert.throws(() => checkWriteConditions({ etag: 'x' }, { ifNoneMatch: '*' }, 'a'), {
 *   code: 'PRECONDITION_FAILED',
 * })
 * ```
 */
export function checkWriteConditions(
  current: Pick<ObjectInfo, 'etag'> | undefined,
  conditions: WriteConditions | undefined,
  key: string,
): void {
  if (conditions === undefined) return
  if (conditions.ifNoneMatch === '*' && current !== undefined) {
    throw failed(key, 'If-None-Match', current.etag)
  }
  if (conditions.ifMatch === undefined) return
  if (current === undefined) {
    throw new ObjectStoreError('NOT_FOUND', `Nothing to match at this key: ${key}`)
  }
  if (!matches(conditions.ifMatch === '*' ? '*' : [conditions.ifMatch], current.etag, true)) {
    throw failed(key, 'If-Match', current.etag)
  }
}

function matches(condition: readonly string[] | '*', etag: string, strong: boolean): boolean {
  if (condition === '*') return true
  if (strong) return !etag.startsWith('W/') && condition.includes(etag)
  const opaque = withoutWeakness(etag)
  return condition.some((one) => withoutWeakness(one) === opaque)
}

function withoutWeakness(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

function failed(key: string, condition: string, etag: string): ObjectStoreError {
  return new ObjectStoreError(
    'PRECONDITION_FAILED',
    `Condition ${condition} does not hold: ${key}`,
    {
      details: { condition, etag },
    },
  )
}
