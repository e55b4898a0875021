// npm run bench -- NAME [--json]
import { ensureBuilt, ensureInstalled, fail } from './setup.mjs'

try {
  await ensureInstalled()
  await ensureBuilt('@millrace/bench')
} catch (error) {
  fail(error)
}
await import('../bench/dist/run.js')
