import { workerData } from 'node:worker_threads'
import { createHasher, type Hasher } from '@millrace/checksums'
import type { SlabMemory } from '@millrace/pooled-buffers'
import { algorithmsOf, digestAt } from './hash-jobs.ts'
import { createSlabViews } from './slab-views.ts'
import { type Board, COUNTER, FIELD, HASH_OPERATION, placesOf, STATUS } from './task-board.ts'

interface StreamState {
  readonly hashers: readonly Hasher[]
  next: number
}

const { memory, board } = workerData as { readonly memory: SlabMemory; readonly board: Board }
const counters = new Int32Array(board.counters)
const views = createSlabViews(memory.buffer, () => void Atomics.add(counters, COUNTER.views, 1))
const places = placesOf(board)
const streams = new Map<number, StreamState>()

function work(place: Float64Array): void {
  const operation = place[FIELD.operation]
  const stream = place[FIELD.stream] as number
  if (operation === HASH_OPERATION.close) {
    streams.delete(stream)
    return
  }
  if (operation === HASH_OPERATION.open) {
    const hashers = algorithmsOf(place[FIELD.algorithms] as number).map((name) =>
      createHasher(name),
    )
    streams.set(stream, { hashers, next: 0 })
    return
  }
  const state = streams.get(stream)
  if (state === undefined || state.next !== place[FIELD.sequence]) {
    throw new Error('Cannot go on with a hash whose earlier bytes are lost')
  }
  state.next++
  if (operation === HASH_OPERATION.update) {
    const bytes = views.at(place[FIELD.slot] as number, place[FIELD.length] as number)
    for (const hasher of state.hashers) hasher.update(bytes)
    return
  }
  for (const hasher of state.hashers) digestAt(place, hasher.algorithm).set(hasher.digest())
  streams.delete(stream)
}

/** @internal Does the step of a hash that is described at a place of the board. */
export function run(index: number): number {
  const place = places[index] as Float64Array
  place[FIELD.status] = STATUS.running
  try {
    work(place)
  } catch (error) {
    place[FIELD.status] = STATUS.failed
    throw error
  }
  place[FIELD.status] = STATUS.done
  return index
}
