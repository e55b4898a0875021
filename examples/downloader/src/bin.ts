#!/usr/bin/env node
import { EXIT } from './exit-codes.ts'
import { main } from './main.ts'

const controller = new AbortController()
for (const [name, exitCode] of [
  ['SIGINT', EXIT.interrupted],
  ['SIGTERM', EXIT.terminated],
] as const) {
  process.on(name, () => {
    // The second time somebody is in a hurry: then a temporary file may stay.
    if (controller.signal.aborted) process.exit(exitCode)
    controller.abort(Object.assign(new Error('Stopped by a signal'), { exitCode }))
  })
}
// A reader that has gone is found out by the write that fails; this keeps it from being thrown as well.
process.stdout.on('error', () => {})
process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: controller.signal,
})
