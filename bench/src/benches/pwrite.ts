import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, writeSync } from 'node:fs'
import { mkdtemp, open, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBufferPool, type Lease } from '@millrace/pooled-buffers'
import { openPwriteSink, type PwriteSinkOptions, pwriteSink } from '@millrace/pwrite-sink'
import { type Bench, type Contender, interleave, mbps, type Row } from '../driver.ts'

const MiB = 2 ** 20
const SPAN = MiB
const IN_FLIGHT = 4
const TMPFS = 0x01021994
const EXT = 0xef53

type Order = 'in order' | 'shuffled'

/** Positions of all spans; the shuffle is the same each time. */
function positions(size: number, order: Order): number[] {
  const list = Array.from({ length: size / SPAN }, (_, i) => i * SPAN)
  if (order === 'in order') return list
  let seed = 1
  for (let i = list.length - 1; i > 0; i--) {
    seed = (seed * 48_271) % 0x7fffffff
    const j = seed % (i + 1)
    const held = list[i] as number
    list[i] = list[j] as number
    list[j] = held
  }
  return list
}

/** Runs `work` on each position, at most IN_FLIGHT at once. */
async function inFlight(
  list: readonly number[],
  work: (position: number, lane: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async (_: unknown, index: number): Promise<void> => {
    while (next < list.length) await work(list[next++] as number, index)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

export const bench: Bench = {
  name: 'pwrite',
  description:
    'Positioned sink against createWriteStream and raw positioned writes. Arguments: --mib 512 --rounds 3 --dir FOLDER',
  async run(context) {
    const { args } = context
    const argument = (name: string): string | undefined =>
      args.includes(name) ? args[args.indexOf(name) + 1] : undefined
    const size = Number(argument('--mib') ?? 512) * MiB
    const rounds = Number(argument('--rounds') ?? 3)
    const folder = await mkdtemp(join(argument('--dir') ?? tmpdir(), 'millrace-pwrite-'))
    const { type } = await statfs(folder)
    const pool = createBufferPool({ slotSize: SPAN, slots: 2 * IN_FLIGHT, reserve: 0 })
    const leases: Lease[] = []
    for (let i = 0; i < IN_FLIGHT; i++) leases.push(await pool.acquire())
    const data = leases.map((lease) => randomFillSync(lease.bytes))
    const bytes = (lane: number): Uint8Array => data[lane] as Uint8Array
    const path = join(folder, 'file')
    let directState = 'off'

    /** Times `work` alone: not the removal of its file, nor the check of its length. */
    const timed =
      (work: () => Promise<void>): Contender =>
      async () => {
        const start = performance.now()
        await work()
        const seconds = (performance.now() - start) / 1000
        const { size: written } = await stat(path)
        if (written !== size) throw new Error(`Wrote ${written} bytes instead of ${size}`)
        await rm(path)
        return seconds
      }
    const stream = (fsync: boolean): Contender =>
      timed(async () => {
        const out = createWriteStream(path)
        for (let i = 0; i < size / SPAN; i++) {
          if (!out.write(bytes(i % IN_FLIGHT))) await once(out, 'drain')
        }
        out.end()
        await once(out, 'close')
        if (!fsync) return
        await using file = await open(path, 'r+')
        await file.sync()
      })
    const raw = (order: Order, fsync: boolean): Contender =>
      timed(async () => {
        await using file = await open(path, 'w')
        await inFlight(positions(size, order), (position, lane) =>
          file.write(bytes(lane), 0, SPAN, position),
        )
        if (fsync) await file.sync()
      })
    const rawSync = (order: Order, fsync: boolean): Contender =>
      timed(async () => {
        await using file = await open(path, 'w')
        for (const position of positions(size, order)) {
          writeSync(file.fd, bytes(0), 0, SPAN, position)
        }
        if (fsync) await file.sync()
      })
    const sink = (order: Order, fsync: boolean, options: PwriteSinkOptions = {}): Contender =>
      timed(async () => {
        await using out = await openPwriteSink(path, {
          size,
          fsync: fsync ? 'full' : 'none',
          ...options,
        })
        await inFlight(positions(size, order), async (position, lane) => {
          if (options.direct !== true) return out.write(bytes(lane), position)
          // The slot's bytes are written again and again: a lease that is never given back.
          const { slot } = leases[lane] as Lease
          const lease = { bytes: bytes(lane), slot, release() {}, [Symbol.dispose]() {} }
          return out.write(lease, position)
        })
        await out.commit()
        if (options.direct === true) directState = out.directNote ?? out.direct
      })
    const streamed = (fsync: boolean): Contender =>
      timed(async () => {
        const source = Array.from({ length: size / SPAN }, (_, i) => bytes(i % IN_FLIGHT))
        await pwriteSink(path, { size, fsync: fsync ? 'full' : 'none' })(source)
      })

    const rows: Row[] = []
    const rates = new Map<string, number>()
    try {
      for (const fsync of [false, true]) {
        for (const order of ['in order', 'shuffled'] as const) {
          context.progress(`${size / MiB} MiB, ${order}, fsync ${fsync ? 'on' : 'off'}`)
          const contenders: Record<string, Contender> = {
            ...(order === 'in order' && {
              createWriteStream: stream(fsync),
              pwriteSink: streamed(fsync),
            }),
            'raw FileHandle.write': raw(order, fsync),
            'raw writeSync': rawSync(order, fsync),
            sink: sink(order, fsync),
            'sink, blocks reserved': sink(order, fsync, { preallocate: 'blocks' }),
            'sink direct': sink(order, fsync, { direct: true }),
          }
          const seconds = await interleave(contenders, { rounds, warmups: 1 })
          for (const [name, time] of Object.entries(seconds)) {
            const rate = mbps(size, time)
            rates.set(`${name} ${order} ${fsync}`, rate)
            rows.push({
              writer: name,
              order,
              fsync: fsync ? 'on' : 'off',
              'MB/s': Math.round(rate),
            })
          }
        }
      }
    } finally {
      await rm(folder, { recursive: true })
    }
    const rate = (name: string, order: Order, fsync: boolean): number =>
      rates.get(`${name} ${order} ${fsync}`) ?? Number.NaN
    const ratio = (one: string, other: string, order: Order, fsync: boolean): number =>
      rate(one, order, fsync) / rate(other, order, fsync)
    const RAW = 'raw FileHandle.write'
    const kind = type === EXT ? 'ext4' : type === TMPFS ? 'tmpfs' : `0x${type.toString(16)}`
    return {
      rows,
      ratios: {
        'sink/createWriteStream': ratio('sink', 'createWriteStream', 'in order', false),
        'sink/createWriteStream fsync': ratio('sink', 'createWriteStream', 'in order', true),
        'stream/createWriteStream': ratio('pwriteSink', 'createWriteStream', 'in order', false),
        'sink/raw': ratio('sink', RAW, 'in order', false),
        'sink/raw shuffled': ratio('sink', RAW, 'shuffled', false),
        'sink/raw fsync': ratio('sink', RAW, 'in order', true),
        'sink/raw shuffled fsync': ratio('sink', RAW, 'shuffled', true),
        'blocks/sink': ratio('sink, blocks reserved', 'sink', 'in order', false),
        'blocks/sink shuffled': ratio('sink, blocks reserved', 'sink', 'shuffled', false),
        // Direct writes are on the device when they return, so the fair match is a raw write with fsync.
        'direct/raw': ratio('sink direct', RAW, 'in order', true),
        'direct/raw shuffled': ratio('sink direct', RAW, 'shuffled', true),
      },
      notes: [
        `Spans of 1 MiB, ${IN_FLIGHT} in flight, one at a time for createWriteStream and writeSync. File system: ${kind}. Direct: ${directState}.`,
      ],
    }
  },
}
