import { PooledBuffersError } from './errors.ts'
import type { Lease, OpenLease, Slot } from './index.ts'

/** The byte that fills free slots in debug mode. */
export const POISON: number = 0xdb

/** What debug mode found: `ERR_LEASE_LEAKED` or `ERR_LEASE_WRITTEN_AFTER_RELEASE`, with the stack of the `acquire`. */
export interface PoolProblem {
  readonly error: PooledBuffersError
  readonly slot: Slot
  /** Where the lease in question was acquired. */
  readonly acquiredAt: string
}

/** @internal Watches a pool's leases. */
export interface Watch {
  acquired(index: number, lease: Lease, bytes: Uint8Array): void
  released(index: number, lease: Lease, bytes: Uint8Array): void
  open(): readonly OpenLease[]
}

interface Record {
  readonly slot: Slot
  readonly acquiredAt: string
}

/** @internal */
export function createWatch(
  slots: readonly Slot[],
  onProblem: (problem: PoolProblem) => void,
): Watch {
  const open = new Map<number, Record>()
  const last = new Map<number, Record>()
  const dropped = new FinalizationRegistry<{ index: number; record: Record }>(
    ({ index, record }) => {
      if (open.get(index) !== record) return
      const error = new PooledBuffersError(
        'ERR_LEASE_LEAKED',
        `A lease was dropped without release, its slot is lost. It was acquired ${record.acquiredAt}`,
      )
      onProblem({ error, ...record })
    },
  )
  return {
    acquired(index, lease, bytes) {
      const before = last.get(index)
      if (before !== undefined && !isPoisoned(bytes)) {
        const error = new PooledBuffersError(
          'ERR_LEASE_WRITTEN_AFTER_RELEASE',
          `A free slot was written to, by whoever kept its bytes. It was last acquired ${before.acquiredAt}`,
        )
        onProblem({ error, ...before })
      }
      const record = { slot: slots[index] as Slot, acquiredAt: callSite() }
      open.set(index, record)
      dropped.register(lease, { index, record }, lease)
    },
    released(index, lease, bytes) {
      dropped.unregister(lease)
      last.set(index, open.get(index) as Record)
      open.delete(index)
      bytes.fill(POISON)
    },
    open: () => [...open.values()],
  }
}

function isPoisoned(bytes: Uint8Array): boolean {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const poison = (POISON << 24) | (POISON << 16) | (POISON << 8) | POISON
  for (const word of words) if ((word | 0) !== poison) return false
  return true
}

function callSite(): string {
  const lines = (new Error('Acquired').stack ?? '').split('\n').slice(1)
  const outside = lines.filter((line) => !line.includes(import.meta.dirname))
  return (outside.length > 0 ? outside : lines).map((line) => line.trim()).join('\n    ')
}
