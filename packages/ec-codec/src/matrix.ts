import { divide, multiply } from './field.ts'

/** How many matrices a codec keeps: enough for every pattern of one or two lost shards at 8+4. */
export const MATRIX_CACHE_SIZE = 128

/** @internal What to compute from what: shard `targets[t]` is the sum over s of `coefficients[s * targets.length + t] * sources[s]`. */
export interface Recipe {
  readonly sources: readonly number[]
  readonly targets: readonly number[]
  readonly coefficients: Uint8Array
  /** Whether the coefficients of pairs of sources and pairs of targets form squares of two values: see assembly/paired.ts. */
  readonly paired: boolean
}

/**
 * @internal The recipe for some shards from k others.
 *
 * The shards of a stripe are the values, at the points 0, 1, ..., k+m-1 of the field, of the one polynomial of degree
 * below k that takes the data as its values at 0 to k-1. (A Vandermonde matrix times the inverse of its top square says
 * the same.) So any k shards give any other by Lagrange's interpolation, and encoding is no special case: its sources
 * are the data shards.
 */
export function interpolate(sources: readonly number[], targets: readonly number[]): Recipe {
  const coefficients = new Uint8Array(sources.length * targets.length)
  const weights = sources.map((own) => product(sources, own))
  for (const [t, target] of targets.entries()) {
    const whole = product(sources, target)
    for (const [s, source] of sources.entries()) {
      coefficients[s * targets.length + t] = divide(
        whole,
        multiply(target ^ source, weights[s] as number),
      )
    }
  }
  return {
    sources,
    targets,
    coefficients,
    paired: arePaired(coefficients, sources.length, targets.length),
  }
}

function arePaired(coefficients: Uint8Array, sources: number, targets: number): boolean {
  if (sources % 2 === 1 || targets < 2) return false
  for (let s = 0; s < sources; s += 2) {
    for (let t = 0; t + 1 < targets; t += 2) {
      const cell = s * targets + t
      const below = cell + targets
      if (coefficients[cell] !== coefficients[below + 1]) return false
      if (coefficients[cell + 1] !== coefficients[below]) return false
    }
  }
  return true
}

/** The product of all differences between `at` and the other points. */
function product(points: readonly number[], at: number): number {
  let value = 1
  for (const point of points) if (point !== at) value = multiply(value, at ^ point)
  return value
}

/**
 * @internal Keeps the last used values, at most `size` of them.
 */
export function createLru<Value>(size: number): (key: string, make: () => Value) => Value {
  const values = new Map<string, Value>()
  return (key, make) => {
    let value = values.get(key)
    if (value === undefined) {
      value = make()
      const [oldest] = values.keys()
      if (values.size >= size && oldest !== undefined) values.delete(oldest)
    } else {
      values.delete(key)
    }
    values.set(key, value)
    return value
  }
}
