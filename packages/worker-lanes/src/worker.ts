import { threadId, workerData } from 'node:worker_threads'
import type { ErasureCodec } from '@millrace/ec-codec'
import type { SlabMemory, Slot } from '@millrace/pooled-buffers'
import { createCodecShelf } from './codec-shelf.ts'
import { errnoOf, readFully, writeFully } from './positioned-io.ts'
import { createSlabViews } from './slab-views.ts'
import { decodeStripe, encodeStripe } from './stripe-work.ts'
import { type Board, COUNTER, FIELD, OPERATION, placesOf, STATUS } from './task-board.ts'

/** @internal What a lane's thread is started with. */
export interface LaneData {
  readonly memory: SlabMemory
  readonly reserved: Slot
  readonly engine: 'auto' | 'simd' | 'portable'
}

const { memory, reserved, engine, board } = workerData as LaneData & { readonly board: Board }
const counters = new Int32Array(board.counters)
const views = createSlabViews(memory.buffer, () => void Atomics.add(counters, COUNTER.views, 1))
const owners = new Int32Array(board.owners)
const codecFor = createCodecShelf({ memory, reserved, engine, owners, threadId })
const places = placesOf(board)

function work(place: Float64Array): void {
  const codecOf = (): ErasureCodec => codecFor(place[FIELD.k] as number, place[FIELD.m] as number)
  const operation = place[FIELD.operation]
  if (operation === OPERATION.encode) return encodeStripe(place, views, codecOf())
  if (operation === OPERATION.decode) return decodeStripe(place, views, codecOf)
  const move = operation === OPERATION.write ? writeFully : readFully
  const [fd, slot, length, position] = [FIELD.fd, FIELD.slot, FIELD.length, FIELD.position].map(
    (index) => place[index] as number,
  ) as [number, number, number, number]
  try {
    place[FIELD.result] = move(fd, views.slab, slot, length, position) ?? length
  } catch (error) {
    place[FIELD.errno] = errnoOf(error)
  }
}

/** @internal Does the job that is described at a place of the board. */
export function run(index: number): number {
  const place = places[index] as Float64Array
  place[FIELD.status] = STATUS.running
  try {
    work(place)
  } catch (error) {
    if ((error as Error).name === 'RuntimeError') {
      // A WebAssembly trap: what the instance holds is unknown from here on, so this thread does no more work.
      place[FIELD.status] = STATUS.trapped
      process.exit(1)
    }
    place[FIELD.status] = STATUS.failed
    throw error
  }
  place[FIELD.status] = STATUS.done
  return index
}
