// The same six shard files with no work before them, in the same mode: chunks of 256 KiB, `direct` past the page cache as
// the server writes them or `buffered` through it, flushed with their directories at the end.
// `node raw-writes.js direct|buffered DIRECTORY OBJECT_BYTES` prints seconds.
import {
  closeSync,
  constants,
  fdatasync,
  fsync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createBufferPool } from '@millrace/pooled-buffers'

const [mode, directory = '', size] = process.argv.slice(2)
const UNIT = 256 * 1024
const stripes = Math.ceil(Number(size) / (4 * UNIT))
// Only WebAssembly memory is aligned as O_DIRECT asks.
const pool = createBufferPool({ slotSize: UNIT, slots: 1, reserve: 4096 })
const chunk = (await pool.acquire()).bytes.fill(109)
const folders = Array.from({ length: 6 }, (_, index) => join(directory, `raw-${index}`))
for (const folder of folders) mkdirSync(folder, { recursive: true })

const started = process.hrtime.bigint()
const paths = folders.map((folder) => join(folder, 'shard'))
const fds = paths.map((path) => openSync(path, 'wx'))
const writers =
  mode === 'direct'
    ? paths.map((path) => openSync(path, constants.O_WRONLY | constants.O_DIRECT))
    : fds
for (let stripe = 0; stripe < stripes; stripe++) {
  for (const fd of writers) writeSync(fd, chunk, 0, UNIT, stripe * UNIT)
}
const tail = Buffer.alloc(stripes * 32 + 2048)
for (const fd of fds) writeSync(fd, tail, 0, tail.length, stripes * UNIT)
await Promise.all(fds.map((fd) => promisify(fdatasync)(fd)))
const parents = folders.map((folder) => openSync(folder, 'r'))
await Promise.all(parents.map((fd) => promisify(fsync)(fd)))
console.log(String(Number(process.hrtime.bigint() - started) / 1e9))
for (const fd of new Set([...fds, ...writers, ...parents])) closeSync(fd)
for (const folder of folders) rmSync(folder, { recursive: true })
