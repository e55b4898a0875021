import { argumentError } from './errors.ts'

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/**
 * Writes a time in the ISO 8601 basic format of `x-amz-date`.
 *
 * @param time Milliseconds since 1970; parts of a second are dropped.
 * @returns For example `20130524T000000Z`.
 * @throws {RangeError} `ERR_SIGV4_INVALID_ARGUMENT` outside the years 0 to 9999.
 * @example Format and parse
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatAmzDate, parseAmzDate } from '@millrace/sigv4'
 *
 * assert.equal(formatAmzDate(Date.UTC(2013, 4, 24)), '20130524T000000Z')
 * assert.equal(parseAmzDate('20130524T000000Z'), Date.UTC(2013, 4, 24))
 * ```
 */
export function formatAmzDate(time: number): string {
  if (!(time >= -62_167_219_200_000 && time < 253_402_300_800_000)) {
    throw argumentError(RangeError, `Cannot format time: not within the years 0 to 9999: ${time}`)
  }
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/**
 * Reads an `x-amz-date` (ISO 8601 basic format, UTC).
 *
 * @param text For example `20130524T000000Z`.
 * @returns Milliseconds since 1970, or `undefined` if the text is no such date.
 * @example A date that does not exist
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseAmzDate } from '@millrace/sigv4'
 *
 * assert.equal(parseAmzDate('20130231T000000Z'), undefined)
 * ```
 */
export function parseAmzDate(text: string): number | undefined {
  const match = BASIC.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  return formatAmzDate(time) === text ? time : undefined
}

/** Reads a `Date` header, in the HTTP format of RFC 9110 section 5.6.7 or in the basic one. */
export function parseDateHeader(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return parseAmzDate(text)
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}
