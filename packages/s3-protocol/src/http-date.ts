const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const FORMATS: readonly RegExp[] = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  // Sunday, 06-Nov-94 08:49:37 GMT
  /^[A-Z][a-z]+day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  // Sun Nov  6 08:49:37 1994
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
  // 1994-11-06T08:49:37Z and the basic form of x-amz-date
  /^(?<year>\d{4})-?(?<iso>\d\d)-?(?<day>\d\d)T(?<time>\d\d:?\d\d:?\d\d)(?:\.\d{1,9})?Z$/,
]

/**
 * Reads a date of an HTTP header, in any of the three forms that RFC 9110 asks a recipient to accept, or ISO 8601 in UTC.
 *
 * @param text - a header's value
 * @returns the date, or undefined where the text is none (then a condition does not count)
 * @see RFC 9110 §5.6.7
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseHttpDate } from '@millrace/s3-protocol'
 *
 * const date = new Date(Date.UTC(1994, 10, 6, 8, 49, 37))
 * assert.deepEqual(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), date)
 * assert.deepEqual(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT'), date)
 * assert.equal(parseHttpDate('Sun, 31 Feb 1994 08:49:37 GMT'), undefined)
 * ```
 */
export function parseHttpDate(text: string): Date | undefined {
  for (const format of FORMATS) {
    const groups = format.exec(text)?.groups
    if (groups === undefined) continue
    const { year = '', month, iso, day = '', time = '' } = groups
    const monthIndex = iso === undefined ? MONTHS.indexOf(month ?? '') : Number(iso) - 1
    const digits = time.replaceAll(':', '')
    const [hour, minute, second] = [0, 2, 4].map((at) => Number(digits.slice(at, at + 2))) as [
      number,
      number,
      number,
    ]
    const date = new Date(Date.UTC(fullYear(year), monthIndex, Number(day), hour, minute, second))
    const fits = date.getUTCMonth() === monthIndex && date.getUTCHours() === hour && minute < 60
    return monthIndex >= 0 && fits ? date : undefined
  }
  return undefined
}

function fullYear(year: string): number {
  if (year.length === 4) return Number(year)
  // RFC 9110: two digits that seem more than 50 years ahead mean the century before.
  return Number(year) + (Number(year) > 76 ? 1900 : 2000)
}

let lastSecond = Number.NaN
let lastText = ''

/**
 * Writes a date as HTTP does (IMF-fixdate); parts of a second are dropped.
 *
 * @param date - any date, or milliseconds since 1970
 * @returns for example `Sun, 06 Nov 1994 08:49:37 GMT`
 * @see RFC 9110 §5.6.7
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { formatHttpDate } from '@millrace/s3-protocol'
 *
 * assert.equal(formatHttpDate(new Date(999)), 'Thu, 01 Jan 1970 00:00:00 GMT')
 * ```
 */
export function formatHttpDate(date: Date | number): string {
  const time = typeof date === 'number' ? date : date.getTime()
  const second = Math.floor(time / 1000)
  if (second === lastSecond) return lastText
  const at = new Date(second * 1000)
  const two = (value: number): string => (value < 10 ? `0${value}` : String(value))
  lastText = `${DAYS[at.getUTCDay()]}, ${two(at.getUTCDate())} ${MONTHS[at.getUTCMonth()]} ${String(at.getUTCFullYear()).padStart(4, '0')} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} GMT`
  lastSecond = second
  return lastText
}
