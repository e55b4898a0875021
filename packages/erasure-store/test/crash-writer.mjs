// A process to be killed: puts, overwrites, deletes and completes uploads, and says on stdout what was acknowledged.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openErasureStore } from '@millrace/erasure-store'
import { openWorkerLanes } from '@millrace/worker-lanes'

const [seed, ...volumes] = process.argv.slice(2)
const scheme = { k: 4, m: 2 }
const unit = 8192
const lanes = openWorkerLanes({ scheme, unit, threads: 1, slots: 16 })
const store = await openErasureStore({ volumes, scheme, unit, lanes, durability: 'relaxed' })
await store.createBucket('b').catch(() => undefined)
const bucket = await store.openBucket('b')
// One system call a line: a line is said whole or not at all.
const say = (...words) => writeSync(1, `${words.join(' ')}\n`)

const bodyOf = (tag) => {
  const size = (createHash('md5').update(tag).digest().readUInt16LE(0) % 60_000) + 1
  return Buffer.alloc(size, `${tag}|`)
}

async function writer(lane) {
  for (let i = 0; ; i++) {
    const key = `${lane}-${i % 7}`
    const tag = `${seed}:${lane}:${i}`
    say('begin', key, tag)
    if (i % 5 === 4) {
      await bucket.delete(key)
      say('gone', key, tag)
    } else if (i % 5 === 3) {
      const upload = await bucket.createMultipart(key)
      const body = bodyOf(tag)
      const half = body.length >> 1
      await upload.putPart(2, [body])
      const parts = [
        await upload.putPart(1, [body.subarray(0, half)]),
        await upload.putPart(2, [body.subarray(half)]),
      ]
      await upload.complete(parts, { minPartSize: 0 })
      say('stored', key, tag)
    } else {
      await bucket.put(key, [bodyOf(tag)])
      say('stored', key, tag)
    }
  }
}
say('ready')
await Promise.all(['x', 'y', 'z'].map(writer))
