import { blake3Into } from '@millrace/checksums'
import type { ErasureCodec } from '@millrace/ec-codec'
import { errnoOf, readFully, writeChunk } from './positioned-io.ts'
import type { SlabViews } from './slab-views.ts'
import { CHECKSUM_LENGTH } from './slot-layout.ts'
import { FIELD, SHARD, SHARD_STATES, shardField } from './task-board.ts'

type Place = Float64Array

const STATE = Object.fromEntries(SHARD_STATES.map((name, index) => [name, index])) as Record<
  (typeof SHARD_STATES)[number],
  number
>

function field(place: Place, index: number): number {
  return place[index] as number
}

/** @internal Parity, then the checksum of every shard, then the writes: while the bytes are in this core's cache. */
export function encodeStripe(place: Place, views: SlabViews, codec: ErasureCodec): void {
  const offset = field(place, FIELD.slot)
  const count = field(place, FIELD.k) + field(place, FIELD.m)
  const length = field(place, FIELD.shardLength)
  const checksums = offset + field(place, FIELD.slotLength) - count * CHECKSUM_LENGTH
  codec.encodeAt(offset, length)
  const first = field(place, FIELD.stripe)
  for (let i = 0; i < count; i++) {
    // Each stripe begins with another file: lanes that wrote the same files in the same order would wait for each
    // other's inode lock all the way.
    const shard = (first + i) % count
    const at = offset + shard * length
    blake3Into(views.at(at, length), views.at(checksums + shard * CHECKSUM_LENGTH, CHECKSUM_LENGTH))
    const own = shardField(shard)
    const fd = field(place, own + SHARD.fd)
    if (fd < 0) continue
    const direct = field(place, own + SHARD.directFd)
    try {
      writeChunk(fd, direct, views.slab, at, length, field(place, own + SHARD.position))
    } catch (error) {
      place[own + SHARD.errno] = errnoOf(error)
    }
  }
}

/**
 * @internal Makes the wanted data shards right: those that can be read and verified are; for the others as many more are
 * read as it takes to have k verified ones, and the lost are computed. `FIELD.result` tells how many were verified.
 */
export function decodeStripe(place: Place, views: SlabViews, codecOf: () => ErasureCodec): void {
  const k = field(place, FIELD.k)
  const count = k + field(place, FIELD.m)
  const first = field(place, FIELD.first)
  const last = field(place, FIELD.last)
  let good = 0
  let lost = 0
  const has = (shard: number, state: number): boolean =>
    field(place, shardField(shard) + SHARD.state) === state
  const attempt = (shard: number): void => {
    if (fetchShard(place, views, shard, count)) good++
  }

  for (let shard = 0; shard < count; shard++) if (has(shard, STATE.good)) good++
  for (let shard = first; shard <= last; shard++) {
    if (has(shard, STATE.file) || has(shard, STATE.placed)) attempt(shard)
    if (!has(shard, STATE.good)) lost++
  }
  if (lost > 0) {
    // A shard that failed before is read only when it is needed to have k of them.
    for (const state of [STATE.placed, STATE.file, STATE.suspect]) {
      for (let shard = 0; shard < count && good < k; shard++) if (has(shard, state)) attempt(shard)
    }
    if (good >= k) reconstruct(place, codecOf(), first, last, count)
  }
  place[FIELD.result] = good
}

function reconstruct(
  place: Place,
  codec: ErasureCodec,
  first: number,
  last: number,
  count: number,
): void {
  const missing: number[] = []
  const wanted: number[] = []
  for (let shard = 0; shard < count; shard++) {
    if (field(place, shardField(shard) + SHARD.state) === STATE.good) continue
    missing.push(shard)
    if (shard >= first && shard <= last) wanted.push(shard)
  }
  if (wanted.length === 0) return
  const length = field(place, FIELD.shardLength)
  codec.reconstructAt(field(place, FIELD.slot), length, missing, { wanted })
}

/** Brings one shard and its checksum into the slot, if they are not there yet, and compares. */
function fetchShard(place: Place, views: SlabViews, shard: number, count: number): boolean {
  const own = shardField(shard)
  const length = field(place, FIELD.shardLength)
  const slot = field(place, FIELD.slot)
  const at = slot + shard * length
  const expectedAt = slot + field(place, FIELD.slotLength) - (count - shard) * CHECKSUM_LENGTH
  if (field(place, own + SHARD.state) !== STATE.placed) {
    const fd = field(place, own + SHARD.fd)
    const position = field(place, own + SHARD.position)
    const checksumPosition = field(place, own + SHARD.checksumPosition)
    try {
      const whole =
        readFully(fd, views.slab, at, length, position) === length &&
        readFully(fd, views.slab, expectedAt, CHECKSUM_LENGTH, checksumPosition) === CHECKSUM_LENGTH
      if (!whole) {
        place[own + SHARD.state] = STATE.missing
        return false
      }
    } catch (error) {
      place[own + SHARD.state] = STATE.error
      place[own + SHARD.errno] = errnoOf(error)
      return false
    }
  }
  const same = matches(views.at(at, length), views.at(expectedAt, CHECKSUM_LENGTH))
  place[own + SHARD.state] = same ? STATE.good : STATE.corrupt
  return same
}

const actual = new Uint8Array(CHECKSUM_LENGTH)

function matches(bytes: Uint8Array, expected: Uint8Array): boolean {
  blake3Into(bytes, actual)
  for (let i = 0; i < CHECKSUM_LENGTH; i++) if (actual[i] !== expected[i]) return false
  return true
}
