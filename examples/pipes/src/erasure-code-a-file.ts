// Splits a file into six shard files, any two of which may be lost, and joins them to the file again. With it-pipe.
//
//   node examples/pipes/dist/erasure-code-a-file.js split photo.jpg shards
//   rm shards/*.1 shards/*.4
//   node examples/pipes/dist/erasure-code-a-file.js join shards again.jpg

import { createReadStream, realpathSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { exactBytes } from '@millrace/byte-streams'
import { decodeStripes, openShardFiles } from '@millrace/ec-decode-stream'
import {
  createShardFiles,
  encodeStripes,
  type StripeSummary,
  writeShards,
} from '@millrace/ec-encode-stream'
import { pwriteSink, type WrittenFile } from '@millrace/pwrite-sink'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { pipe } from 'it-pipe'

const scheme = { k: 4, m: 2 }
// Shards do not know how long the file was: here their names tell, an app keeps it in a database.
const shardPaths = (folder: string, size: number): string[] =>
  [0, 1, 2, 3, 4, 5].map((shard) => join(folder, `${size}-bytes.${shard}`))

export async function splitFile(path: string, folder: string): Promise<StripeSummary> {
  const { size } = await stat(path)
  await mkdir(folder)
  await using shards = await createShardFiles(shardPaths(folder, size))
  await using lanes = openWorkerLanes({ scheme })
  return await pipe(
    createReadStream(path),
    exactBytes(size), // a file that somebody truncates meanwhile is an error, not a shorter file
    encodeStripes({ scheme, lanes, files: shards.files, quorum: 6 }),
    writeShards(),
  )
}

export async function joinFile(folder: string, path: string): Promise<WrittenFile> {
  const [name = 'no shard'] = await readdir(folder)
  const size = Number.parseInt(name)
  await using files = await openShardFiles(shardPaths(folder, size))
  // Opened last and so closed first: no worker reads any more when the files are closed.
  await using lanes = openWorkerLanes({ scheme })
  return await pipe(decodeStripes({ scheme, lanes, size, shards: files.shards }), pwriteSink(path))
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const [verb, from = '', to = ''] = process.argv.slice(2)
  if (verb === 'split' && to !== '') {
    const { size, shardSize } = await splitFile(from, to)
    console.log(
      `${from}: ${size} bytes are six files of ${shardSize} bytes in ${to}; delete any two`,
    )
  } else if (verb === 'join' && to !== '') {
    const { size } = await joinFile(from, to)
    console.log(`${to}: ${size} bytes, every one of them verified`)
  } else {
    console.error('Give: split FILE NEW-FOLDER, or: join FOLDER NEW-FILE')
    process.exitCode = 2
  }
}
