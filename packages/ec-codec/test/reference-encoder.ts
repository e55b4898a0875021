/**
 * Reed-Solomon written once more, by another way: polynomial arithmetic bit by bit, and a Vandermonde matrix made
 * systematic by Gauss-Jordan elimination. It shares neither tables nor formulas with the package under test.
 */
export function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= a << bit
  }
  for (let bit = 14; bit >= 8; bit--) {
    if ((product >> bit) & 1) product ^= 0x11d << (bit - 8)
  }
  return product
}

function inverse(a: number): number {
  for (let b = 1; b < 256; b++) if (multiply(a, b) === 1) return b
  throw new RangeError('Zero has no inverse')
}

/** Rows k to k+m-1 of V * inverse(top square of V), V[row][column] = row ** column. */
export function parityRows(k: number, m: number): number[][] {
  const rows = Array.from({ length: k + m }, (_, row) => {
    let power = 1
    return Array.from({ length: k }, () => {
      const own = power
      power = multiply(power, row)
      return own
    })
  })
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  // Column operations that turn the top square into the identity multiply the whole by its inverse from the right.
  for (let pivot = 0; pivot < k; pivot++) {
    const swap = Array.from({ length: k - pivot }, (_, i) => pivot + i).find(
      (c) => at(pivot, c) !== 0,
    )
    if (swap === undefined) throw new RangeError('The top square is singular')
    for (const row of rows) [row[pivot], row[swap]] = [row[swap] ?? 0, row[pivot] ?? 0]
    const scale = inverse(at(pivot, pivot))
    for (const row of rows) row[pivot] = multiply(row[pivot] ?? 0, scale)
    for (let column = 0; column < k; column++) {
      const factor = at(pivot, column)
      if (column === pivot || factor === 0) continue
      for (const row of rows) row[column] = (row[column] ?? 0) ^ multiply(row[pivot] ?? 0, factor)
    }
  }
  return rows.slice(k)
}

export function referenceParity(data: readonly Uint8Array[], m: number): Uint8Array[] {
  return parityRows(data.length, m).map((row) =>
    Uint8Array.from(data[0] ?? [], (_, at) =>
      row.reduce((sum, factor, shard) => sum ^ multiply(factor, data[shard]?.[at] ?? 0), 0),
    ),
  )
}

/** The documented input of the golden vectors: byte `at` of data shard `shard` is (7 + 31 * shard + 13 * at + at * at * (shard + 1)) mod 256. */
export function goldenData(k: number, length: number): Uint8Array[] {
  return Array.from({ length: k }, (_, shard) =>
    Uint8Array.from({ length }, (_, at) => 7 + 31 * shard + 13 * at + at * at * (shard + 1)),
  )
}
