import { cpus, totalmem } from 'node:os'

/** One row of a bench's table: column name to value. Numbers are printed rounded. */
export type Row = Readonly<Record<string, string | number>>

/** What a bench gives back: `rows` for people, `ratios` (names to numbers) for comparison. */
export interface BenchResult {
  readonly rows: readonly Row[]
  readonly ratios: Readonly<Record<string, number>>
  /** Lines printed below the table. */
  readonly notes?: readonly string[]
}

/** A bench, found by its file's name under `benches/`. */
export interface Bench {
  readonly name: string
  readonly description: string
  /** Extra arguments of the command line are passed on as they are. */
  run(context: BenchContext): Promise<BenchResult>
}

export interface BenchContext {
  /** Prints progress on stderr, so that nobody looks at a silent screen. */
  readonly progress: (message: string) => void
  /** Arguments after the bench's name, without `--json`. */
  readonly args: readonly string[]
}

/** The middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('Cannot take the median of nothing')
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** Megabytes (10^6 bytes) a second. */
export function mbps(bytes: number, seconds: number): number {
  return bytes / 1e6 / seconds
}

/** A contender: does its work once; returns seconds when it took the time itself. */
export type Contender = () => void | number | Promise<void | number>

/**
 * Runs contenders in turn (a, b, c, a, b, c, ...), so that a machine that slows down slows all of them, and gives the
 * median seconds of each. One warm-up round is not counted.
 */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  options: { readonly rounds?: number; readonly warmups?: number } = {},
): Promise<Record<Name, number>> {
  const { rounds = 5, warmups = 1 } = options
  const names = Object.keys(contenders) as Name[]
  const times = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -warmups; round < rounds; round++) {
    for (const name of names) {
      const start = process.hrtime.bigint()
      const own = await contenders[name]()
      const seconds = typeof own === 'number' ? own : Number(process.hrtime.bigint() - start) / 1e9
      if (round >= 0) times.get(name)?.push(seconds)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >
}

/** What the figures were taken on. */
export function machine(): Row {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
  }
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

/** A plain table, columns as wide as their widest cell. */
export function formatTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => cell(row[column]).length)),
  )
  const line = (cells: readonly string[], numeric: (index: number) => boolean) =>
    cells
      .map((text, i) => (numeric(i) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [
    line(columns, () => false),
    line(
      columns.map((_, i) => '-'.repeat(widths[i] ?? 0)),
      () => false,
    ),
    ...rows.map((row) =>
      line(
        columns.map((column) => cell(row[column])),
        (i) => typeof row[columns[i] ?? ''] === 'number',
      ),
    ),
  ].join('\n')
}
