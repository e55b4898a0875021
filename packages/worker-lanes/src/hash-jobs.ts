import { ALGORITHMS, type Algorithm, digestLength } from '@millrace/checksums'
import type { Slot } from '@millrace/pooled-buffers'
import { wrongType } from './errors.ts'
import type { Job } from './job-queue.ts'
import { FIELD, HASH_OPERATION, PLACE_LENGTH } from './task-board.ts'

/** The digests of one body, by algorithm. */
export type LaneDigests = Partial<Record<Algorithm, Uint8Array>>

/** @internal Where in a place the digests are written: behind everything else, 64 bytes for each algorithm. */
export const DIGESTS_OFFSET: number = PLACE_LENGTH * 8 - ALGORITHMS.length * 64

/** @internal A set of algorithms as a number. */
export function maskOf(algorithms: readonly Algorithm[]): number {
  let mask = 0
  for (const algorithm of algorithms) {
    const index = ALGORITHMS.indexOf(algorithm)
    if (index < 0) {
      throw wrongType(`Cannot hash with an unknown algorithm: ${algorithm}`)
    }
    mask |= 1 << index
  }
  return mask
}

/** @internal */
export function algorithmsOf(mask: number): readonly Algorithm[] {
  return ALGORITHMS.filter((_, index) => (mask & (1 << index)) !== 0)
}

/** @internal Where the digest of one algorithm lies in a place. */
export function digestAt(place: Float64Array, algorithm: Algorithm): Uint8Array {
  const offset = place.byteOffset + DIGESTS_OFFSET + ALGORITHMS.indexOf(algorithm) * 64
  return new Uint8Array(place.buffer, offset, digestLength(algorithm))
}

/** @internal */
export interface HashStep {
  readonly operation: keyof typeof HASH_OPERATION
  readonly stream: number
  /** Counts a stream's steps: the worker refuses one that is out of order. */
  readonly sequence: number
  readonly mask: number
  readonly slot?: Slot
  readonly offset?: number
  readonly length?: number
}

/** @internal */
export function hashJob(step: HashStep): Job<LaneDigests> {
  return {
    describe(place) {
      place[FIELD.operation] = HASH_OPERATION[step.operation]
      place[FIELD.stream] = step.stream
      place[FIELD.sequence] = step.sequence
      place[FIELD.algorithms] = step.mask
      place[FIELD.slot] = (step.slot?.byteOffset ?? 0) + (step.offset ?? 0)
      place[FIELD.length] = step.length ?? 0
    },
    outcome(place) {
      const digests: LaneDigests = {}
      if (step.operation !== 'digest') return digests
      for (const algorithm of algorithmsOf(step.mask)) {
        digests[algorithm] = Uint8Array.from(digestAt(place, algorithm))
      }
      return digests
    },
  }
}
