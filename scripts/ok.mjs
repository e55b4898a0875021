// npm run ok: every gate, in the order in which a fault is cheapest to find.
import { ensureBuilt, ensureInstalled, fail, run } from './setup.mjs'

try {
  await ensureInstalled()
  await ensureBuilt()
  const { packaging, unused } = await import('./gates.mjs')
  await unused()
  await packaging()
  await run(process.execPath, ['scripts/test.mjs'])
} catch (error) {
  fail(error)
}
