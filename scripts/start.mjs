// npm start: sets up what is missing, then runs the reference server with the arguments given.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, fail, ROOT } from './setup.mjs'

try {
  await ensureInstalled()
  await ensureBuilt('@millrace/reference-server')
} catch (error) {
  fail(error)
}
// The flag of the program's first line: bodies off the socket live outside V8's heap, and a heap that starts small collects
// itself over and over because of them.
const bin = join(ROOT, 'examples/reference-server/dist/bin.js')
const server = spawn(
  process.execPath,
  ['--initial-old-space-size=256', bin, ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
// Ctrl-C reaches the server by itself; it decides when to end.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
