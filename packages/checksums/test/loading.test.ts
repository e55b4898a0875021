import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const run = promisify(execFile)
const cwd = fileURLToPath(new URL('.', import.meta.url))

/** Digests of 1 MiB of shared memory by every algorithm, from the package as `checksums`. */
const WORK = `
  const bytes = new Uint8Array(new SharedArrayBuffer(1 << 20))
  const digests = checksums.ALGORITHMS.map((name) => Buffer.from(checksums.digestOf(name, bytes)).toString('hex'))
`

describe('the package', () => {
  test('can be required: nothing in it awaits at its top level', async () => {
    const script = `const checksums = require('@millrace/checksums'); ${WORK} console.log(digests.length)`
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', script], { cwd })
    expect(Number(stdout)).toBe(8)
  }, 60_000)

  test('works in worker threads as it does here', async () => {
    const script = `
      const { Worker } = require('node:worker_threads')
      const checksums = require('@millrace/checksums')
      ${WORK}
      const source = ${JSON.stringify(`
        const checksums = require('@millrace/checksums')
        ${WORK}
        require('node:worker_threads').parentPort.postMessage(digests)`)}
      const answers = [1, 2].map(() => new Promise((resolve, reject) => {
        new Worker(source, { eval: true }).once('message', resolve).once('error', reject)
      }))
      Promise.all(answers).then((all) => {
        console.log(all.every((answer) => answer.join() === digests.join()))
      })`
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', script], { cwd })
    expect(stdout.trim()).toBe('true')
  }, 60_000)
})
