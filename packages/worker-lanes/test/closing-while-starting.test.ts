import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

// In a process of its own: what this guards against is an abort that no JavaScript can catch.
const PROGRAM = `
import { openWorkerLanes } from '@millrace/worker-lanes'
for (let round = 0; round < 20; round++) {
  const lanes = openWorkerLanes({ scheme: { k: 2, m: 1 }, unit: 4096, threads: 2 })
  await new Promise((resolve) => setTimeout(resolve, round * 8))
  await lanes.close()
}
console.log('closed')
`

test('lanes that are closed while their threads are still loading do not take the process along', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM],
    {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    },
  )
  expect(stderr).not.toContain('FATAL')
  expect(stdout).toContain('closed')
})
