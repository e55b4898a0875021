import { type FileHandle, open } from 'node:fs/promises'
import { stripeGeometry } from '@millrace/ec-codec'
import { decodeStripes } from '@millrace/ec-decode-stream'
import { ObjectStoreError } from '@millrace/object-store'
import type { LeaseStream } from '@millrace/pooled-buffers'
import type { WorkerLanes } from '@millrace/worker-lanes'
import { volumeOfShard } from './placement.ts'
import type { DataRecord } from './records.ts'
import type { DataReader, ShardData } from './shard-data.ts'
import { CHECKSUM_BYTES, FOOTER_BYTES, decodeFooter } from './shard-file.ts'
import type { VolumeSet } from './volume-set.ts'
import { schemeOf } from './write-shards.ts'

/** Reads generations back from the volumes, verified, whatever up to m shards have suffered. */
export function createShardReader(set: VolumeSet, lanes: WorkerLanes): ShardData['read'] {
  return async (data, range, options) => {
    const scheme = schemeOf(data, set)
    const total = scheme.k + scheme.m
    const { shardSize, stripeCount } = stripeGeometry({ scheme, unit: data.unit, size: data.size })
    const footerPosition = shardSize + stripeCount * CHECKSUM_BYTES
    const handles: FileHandle[] = []

    const openShard = async (shard: number): Promise<FileHandle | undefined> => {
      const volume = volumeOfShard(set, shard, data.rotation)
      if (volume?.online !== true) return undefined
      let handle: FileHandle
      try {
        handle = await open(volume.shardPath(data.generation), 'r')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        // Out of descriptors says nothing about the volume, and the other shards would fare no better.
        if (code === 'EMFILE' || code === 'ENFILE') {
          throw new ObjectStoreError('UNAVAILABLE', 'Cannot read: too many files are open', {
            cause: error,
          })
        }
        volume.check()
        return undefined
      }
      handles.push(handle)
      // A file of another generation or shard would verify against its own table: only the footer tells them apart.
      return (await isShardOf(handle, footerPosition, data, shard)) ? handle : undefined
    }

    const closeAll = async (): Promise<void> => {
      await Promise.allSettled(handles.splice(0).map((handle) => handle.close()))
    }

    try {
      const outcomes = await Promise.allSettled(
        Array.from({ length: total }, (_, shard) => openShard(shard)),
      )
      // All of them have settled: none opens a file behind the back of what closes them.
      const opened = outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
      const present = opened.filter((handle) => handle !== undefined).length
      if (present < scheme.k) {
        throw new ObjectStoreError(
          'UNAVAILABLE',
          `Cannot read: ${present} of ${total} shards are here and ${scheme.k} are needed`,
        )
      }
      const body = decodeStripes({
        scheme,
        size: data.size,
        unit: data.unit,
        lanes,
        range,
        shards: opened.map((handle) => (handle === undefined ? undefined : { fd: handle.fd })),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      return readerOf(body, closeAll)
    } catch (error) {
      await closeAll()
      throw error
    }
  }
}

function readerOf(body: LeaseStream, closeAll: () => Promise<void>): DataReader {
  return { body, [Symbol.asyncDispose]: closeAll }
}

async function isShardOf(
  handle: FileHandle,
  position: number,
  data: DataRecord,
  shard: number,
): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(FOOTER_BYTES)
  const { bytesRead } = await handle
    .read(bytes, 0, FOOTER_BYTES, position)
    .catch(() => ({ bytesRead: 0 }))
  const footer = bytesRead === FOOTER_BYTES ? decodeFooter(bytes) : undefined
  return footer?.generation === data.generation && footer.shard === shard
}
