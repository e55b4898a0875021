// The same six shard files with no work before them: `node raw-writes.js DIRECTORY OBJECT_BYTES` prints seconds.
import { closeSync, fdatasync, fsync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const [directory = '', size] = process.argv.slice(2)
const UNIT = 256 * 1024
const stripes = Math.ceil(Number(size) / (4 * UNIT))
const chunk = Buffer.alloc(UNIT, 'millrace')
const folders = Array.from({ length: 6 }, (_, index) => join(directory, `raw-${index}`))
for (const folder of folders) mkdirSync(folder, { recursive: true })

const started = process.hrtime.bigint()
const fds = folders.map((folder) => openSync(join(folder, 'shard'), 'wx'))
for (let stripe = 0; stripe < stripes; stripe++) {
  for (const fd of fds) writeSync(fd, chunk, 0, UNIT, stripe * UNIT)
}
const tail = Buffer.alloc(stripes * 32 + 2048)
for (const fd of fds) writeSync(fd, tail, 0, tail.length, stripes * UNIT)
await Promise.all(fds.map((fd) => promisify(fdatasync)(fd)))
const parents = folders.map((folder) => openSync(folder, 'r'))
await Promise.all(parents.map((fd) => promisify(fsync)(fd)))
console.log(String(Number(process.hrtime.bigint() - started) / 1e9))
for (const fd of [...fds, ...parents]) closeSync(fd)
for (const folder of folders) rmSync(folder, { recursive: true })
