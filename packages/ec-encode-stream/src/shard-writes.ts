import type { ShardTarget } from '@millrace/worker-lanes'
import { EncodeStreamError } from './errors.ts'

/** A shard file that could not be written. */
export interface ShardFailure {
  /** The system's name of the error, such as `ENOSPC`. */
  readonly code: string
  /** The first stripe that is not in the file. */
  readonly stripe: number
}

/** @internal Which shard files are still written to. */
export interface ShardWrites {
  /** For the next stripe: a file that failed is not written to any more. */
  readonly targets: readonly (ShardTarget | undefined)[] | undefined
  readonly codes: readonly (string | undefined)[]
  readonly failures: readonly (ShardFailure | undefined)[]
  /** Takes what came of one stripe's writes; throws when too few files are left. */
  note(stripe: number, codes: readonly (string | undefined)[] | undefined): void
}

/** @internal */
export function createShardWrites(
  files: readonly (ShardTarget | undefined)[] | undefined,
  count: number,
  quorum: number,
): ShardWrites {
  let targets = files
  let codes: readonly (string | undefined)[] = Array.from({ length: count })
  const failures: (ShardFailure | undefined)[] = Array.from({ length: count })
  return {
    get targets() {
      return targets
    },
    get codes() {
      return codes
    },
    failures,
    note(stripe, found) {
      if (found === undefined) return
      for (const [shard, code] of found.entries()) {
        const known = failures[shard]
        if (code === undefined || (known !== undefined && known.stripe <= stripe)) continue
        failures[shard] = { code, stripe }
      }
      codes = failures.map((failure) => failure?.code)
      targets = files?.map((file, shard) => (codes[shard] === undefined ? file : undefined))
      const left = targets?.filter((file) => file !== undefined).length ?? count
      if (left >= quorum) return
      throw new EncodeStreamError(
        'ERR_EC_ENCODE_STREAM_TOO_FEW_FILES',
        `Cannot go on with ${left} shard files of ${count}, it takes: ${quorum}`,
        { cause: new AggregateError(failures.filter(Boolean).map(describe)) },
      )
    },
  }
}

function describe(failure: ShardFailure | undefined): Error {
  return Object.assign(new Error(`${failure?.code} at stripe ${failure?.stripe}`), {
    code: failure?.code,
  })
}
