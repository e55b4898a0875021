// Splits a file into six shard files and joins them again, as erasure-code-a-file does, with streamx's pipeline().
// The hash of the whole file is taken on the way in and compared on the way out.
//
//   node examples/pipes/dist/erasure-code-with-streamx.js split photo.jpg shards
//   rm shards/0 shards/5
//   node examples/pipes/dist/erasure-code-with-streamx.js join shards 2405310 9f86d08... again.jpg

import { createReadStream, realpathSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { exactBytes } from '@millrace/byte-streams'
import { toStreamxReadable, toStreamxTransform } from '@millrace/byte-streams/streamx'
import { checksumTap } from '@millrace/checksums/streamx'
import { openShardFiles } from '@millrace/ec-decode-stream'
import { shardReadable } from '@millrace/ec-decode-stream/streamx'
import { createShardFiles } from '@millrace/ec-encode-stream'
import { shardWritable } from '@millrace/ec-encode-stream/streamx'
import { toPwriteWritable } from '@millrace/pwrite-sink/streamx'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { pipelinePromise } from 'streamx'

const scheme = { k: 4, m: 2 }
const shardPaths = (folder: string): string[] =>
  ['0', '1', '2', '3', '4', '5'].map((shard) => join(folder, shard))
const toHex = (digest?: Uint8Array): string => Buffer.from(digest ?? []).toString('hex')

/** What has to be kept, beside the shards, to read a file back. */
export interface SplitFile {
  readonly size: number
  readonly sha256: string
}

export async function splitFile(path: string, folder: string): Promise<SplitFile> {
  const { size } = await stat(path)
  await mkdir(folder)
  await using shards = await createShardFiles(shardPaths(folder))
  await using lanes = openWorkerLanes({ scheme })
  const { files } = shards
  const end = shardWritable({ scheme, lanes, files, quorum: 6, hash: ['sha256'] })
  await pipelinePromise(
    toStreamxReadable(createReadStream(path)),
    toStreamxTransform(exactBytes(size)),
    end.writable,
  )
  const { digests } = await end.summary
  return { size, sha256: toHex(digests.sha256) }
}

export async function joinFile(folder: string, kept: SplitFile, path: string): Promise<void> {
  await using files = await openShardFiles(shardPaths(folder))
  // Opened last and so closed first: no worker reads any more when the files are closed.
  await using lanes = openWorkerLanes({ scheme })
  await pipelinePromise(
    shardReadable({ scheme, lanes, size: kept.size, shards: files.shards }),
    checksumTap(['sha256'], (digests) => {
      // Thrown before the pipeline's end, so that the file never appears.
      if (toHex(digests.get('sha256')) !== kept.sha256) throw new Error('The file has another hash')
    }),
    toPwriteWritable(path),
  )
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const [verb, from = '', to = '', sha256 = '', path = ''] = process.argv.slice(2)
  if (verb === 'split' && to !== '') {
    const { size, sha256 } = await splitFile(from, to)
    console.log(`${from}: ${size} bytes are six files in ${to}. Delete any two, then run:`)
    console.log(`node ${process.argv[1]} join ${to} ${size} ${sha256} NEW-FILE`)
  } else if (verb === 'join' && path !== '') {
    await joinFile(from, { size: Number(to), sha256 }, path)
    console.log(`${path}: ${to} bytes with the same hash`)
  } else {
    console.error('Give: split FILE NEW-FOLDER, or: join FOLDER SIZE SHA256 NEW-FILE')
    process.exitCode = 2
  }
}
