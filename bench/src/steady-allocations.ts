import type { WorkerLanes } from '@millrace/worker-lanes'
import { countAllocations } from './allocation-counter.ts'

/**
 * What each further stripe of a body allocates, once the pipe is warm: the count of a longer body less that of a shorter,
 * so that what a body costs once, and the tables of checksums that double now and then, do not count as a stripe's.
 */
export async function steadyAllocations(
  lanes: WorkerLanes,
  run: (stripes: number) => Promise<void>,
  stripes: number,
): Promise<string> {
  const fewer = Math.ceil(stripes * 0.6)
  await run(stripes)
  const short = await countAllocations(() => run(fewer))
  const before = { ...lanes.pool.counts, ...workersOf(lanes) }
  const long = await countAllocations(() => run(stripes))
  const after = { ...lanes.pool.counts, ...workersOf(lanes) }
  const buffers = (long.buffers - short.buffers) / (stripes - fewer)
  const slots = after.slots - before.slots
  const views = after.inWorkers - before.inWorkers
  const hops = (after.hops - before.hops) / stripes
  return (
    `Allocated for each stripe in steady state: Buffers ${buffers.toFixed(2)} in this thread, slots ${slots}, ` +
    `views of the slab in the workers ${views}. Hops to a worker for each stripe: ${hops.toFixed(2)}`
  )
}

function workersOf({ counts }: WorkerLanes): { readonly inWorkers: number; readonly hops: number } {
  return { inWorkers: counts.views, hops: counts.hops }
}
