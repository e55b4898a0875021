// npm test: installs, builds, lints and runs every test. `npm test -- PATTERN` runs only the tests that match.
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, fail, tool } from './setup.mjs'

const patterns = process.argv.slice(2)
const report = join(tmpdir(), `millrace-tests-${process.pid}.json`)

try {
  await ensureInstalled()
  await ensureBuilt()
  const gates = await import('./gates.mjs')
  await gates.format()
  await gates.lint()
  await gates.boundaries()
  await gates.docs()
  await gates.typecheckTests()
  const code = await tool(
    'vitest/vitest.mjs',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...patterns],
    { allowFailure: true },
  )
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  console.log(
    `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`,
  )
  process.exitCode = code === 0 && numPassedTests > 0 ? 0 : 1
} catch (error) {
  fail(error)
} finally {
  rmSync(report, { force: true })
}
