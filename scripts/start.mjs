// npm start: sets up what is missing, then runs the reference server with the arguments given.
import { ensureBuilt, ensureInstalled, fail } from './setup.mjs'

try {
  await ensureInstalled()
  await ensureBuilt('@millrace/reference-server')
} catch (error) {
  fail(error)
}
await import('../examples/reference-server/dist/bin.js')
