import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { type Scheme, formatScheme } from '@millrace/ec-codec'
import { encodeStripes } from '@millrace/ec-encode-stream'
import { ObjectStoreError, checkedBody } from '@millrace/object-store'
import type { WorkerLanes } from '@millrace/worker-lanes'
import type { DataRecord } from './records.ts'
import type { ShardData, WrittenData } from './shard-data.ts'
import { encodeFooter } from './shard-file.ts'
import { rotationOf, volumeOfShard } from './placement.ts'
import type { VolumeSet } from './volume-set.ts'
import { type Durability, SHARD_RESERVE_BYTES, type Volume } from './volume.ts'

/** A shard file being written: its volume and descriptor. */
interface OpenShard {
  readonly volume: Volume
  readonly handle: FileHandle
  /** The same file past the page cache; undefined where that would not pay or the file system has no such thing. */
  readonly direct: FileHandle | undefined
  readonly path: string
}

/** Errors that say nothing about the next write: these of room, and those of the process. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const PASSING: ReadonlySet<string> = new Set([...FULL, 'EMFILE', 'ENFILE', 'ENOMEM'])

interface Failure {
  readonly volume: Volume | undefined
  readonly code: string
}

/** Encodes a body onto the volumes: shard files whole, flushed and named, or none. */
export function createShardWriter(
  set: VolumeSet,
  lanes: WorkerLanes,
  durability: Durability,
): ShardData['write'] {
  const { scheme, unit } = set
  const total = scheme.k + scheme.m

  const refuse = (reached: number, failures: readonly Failure[]): ObjectStoreError => {
    const full = failures.filter(({ code }) => FULL.has(code)).length
    const why = failures.map(({ volume, code }) => `${volume?.directory ?? 'missing'}: ${code}`)
    const count = `${reached} of ${total} volumes can take it and ${set.writeQuorum} are needed`
    return full > 0 && reached + full >= set.writeQuorum
      ? new ObjectStoreError(
          'NO_SPACE',
          `Cannot store: volumes are full (${why.join(', ')}). Free some room and send it again`,
        )
      : new ObjectStoreError('UNAVAILABLE', `Cannot store: ${count} (${why.join(', ')})`)
  }

  const openAll = async (
    generation: string,
    rotation: number,
    large: boolean,
    failures: Failure[],
  ): Promise<(OpenShard | undefined)[]> =>
    await Promise.all(
      Array.from({ length: total }, async (_, shard) => {
        const volume = volumeOfShard(set, shard, rotation)
        if (volume?.online !== true) {
          failures.push({ volume, code: 'offline' })
          return undefined
        }
        if (!volume.hasRoom(SHARD_RESERVE_BYTES)) {
          failures.push({ volume, code: 'ENOSPC' })
          return undefined
        }
        const path = volume.shardPath(generation)
        try {
          const handle = await volume.createShard(generation)
          return { volume, path, handle, direct: large ? await openDirect(path) : undefined }
        } catch (error) {
          failures.push(failed(volume, error))
          return undefined
        }
      }),
    )

  const failed = (volume: Volume, error: unknown): Failure => {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    if (!PASSING.has(code)) volume.fail(`Writing a shard failed: ${String(error)}`)
    return { volume, code }
  }

  return async (body, names, options) => {
    const { generation, signal } = options
    const rotation = rotationOf(generation, total)
    const failures: Failure[] = []
    // Less than a stripe never lies right for direct writes.
    const large = options.size === undefined || options.size >= scheme.k * unit
    const shards = await openAll(generation, rotation, large, failures)
    const discard = async (shard: OpenShard): Promise<void> => {
      await Promise.allSettled([shard.handle.close(), shard.direct?.close()])
      await rm(shard.path, { force: true }).catch(() => undefined)
    }
    const reached = (): number => shards.filter((shard) => shard !== undefined).length
    try {
      const missing = total - reached()
      if (reached() < set.writeQuorum) throw refuse(reached(), failures)
      const failedWith = (shard: number, code: string): Failure =>
        failed((shards[shard] as OpenShard).volume, Object.assign(new Error(code), { code }))
      const stripes = encodeStripes({
        scheme,
        unit,
        lanes,
        hash: options.digests,
        // Counted below, where it is known which volume each file is on.
        quorum: 0,
        files: shards.map((shard) =>
          shard === undefined ? undefined : { fd: shard.handle.fd, directFd: shard.direct?.fd },
        ),
        ...(signal === undefined ? {} : { signal }),
      })(checkedBody(body, { size: options.size, signal }))
      for await (const stripe of stripes) {
        stripe.release()
        const broken = brokenBy(stripe.failures)
        if (total - broken.length - missing < set.writeQuorum) {
          for (const [shard, code] of broken) failures.push(failedWith(shard, code))
          throw refuse(total - broken.length - missing, failures)
        }
      }
      const summary = await stripes.summary
      const record: DataRecord = {
        generation,
        size: summary.size,
        scheme: formatScheme(scheme),
        unit,
        rotation,
      }
      await Promise.all(
        shards.map(async (shard, place) => {
          if (shard === undefined) return
          try {
            const code = summary.failures[place]?.code
            if (code !== undefined) throw Object.assign(new Error(code), { code })
            await finish(shard, place, record, summary)
          } catch (error) {
            failures.push(failed(shard.volume, error))
            shards[place] = undefined
            await discard(shard)
          }
        }),
      )
      if (reached() < set.writeQuorum) throw refuse(reached(), failures)
      return {
        record,
        summary: { size: summary.size, digests: summary.digests },
        volumes: shards.flatMap((shard) => (shard === undefined ? [] : [shard.volume])),
      } satisfies WrittenData
    } catch (error) {
      await Promise.all(shards.flatMap((shard) => (shard === undefined ? [] : [discard(shard)])))
      throw error
    }

    async function finish(
      shard: OpenShard,
      place: number,
      record: DataRecord,
      summary: { readonly shardSize: number; readonly tables: readonly Uint8Array[] },
    ): Promise<void> {
      const footer = encodeFooter({ ...names, ...record, scheme, shard: place })
      const tail = Buffer.concat([summary.tables[place] as Uint8Array, footer])
      for (let done = 0; done < tail.length; ) {
        const position = summary.shardSize + done
        const { bytesWritten } = await shard.handle.write(tail, done, tail.length - done, position)
        done += bytesWritten
      }
      await shard.direct?.close()
      if (durability === 'strict') await shard.handle.datasync()
      await shard.handle.close()
      if (durability === 'strict') {
        await shard.volume.directories.sync(shard.volume.shardDirectory(record.generation))
      }
    }
  }
}

/** Opens an existing file for direct writes; undefined where it cannot be had (tmpfs, other systems). */
async function openDirect(path: string): Promise<FileHandle | undefined> {
  const { O_WRONLY, O_DIRECT } = constants
  if (O_DIRECT === undefined) return undefined
  return await open(path, O_WRONLY | O_DIRECT).catch(() => undefined)
}

function brokenBy(codes: readonly (string | undefined)[]): readonly (readonly [number, string])[] {
  return codes.flatMap((code, shard) => (code === undefined ? [] : [[shard, code] as const]))
}

/** Names the scheme of a record as numbers, refusing what this store cannot read. */
export function schemeOf(record: DataRecord, set: VolumeSet): Scheme {
  if (record.scheme === formatScheme(set.scheme)) return set.scheme
  throw new ObjectStoreError(
    'CORRUPT',
    `Generation ${record.generation} has scheme ${record.scheme}, the set ${formatScheme(set.scheme)}`,
  )
}
