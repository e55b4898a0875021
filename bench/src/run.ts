import { readdirSync } from 'node:fs'
import { type Bench, formatTable, machine } from './driver.ts'

const names = readdirSync(new URL('./benches/', import.meta.url))
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -3))

const args = process.argv.slice(2)
const json = args.includes('--json')
const [name, ...rest] = args.filter((arg) => arg !== '--json')

if (name === undefined || !names.includes(name) || args.includes('--help')) {
  console.error(
    `Usage: npm run bench -- NAME [--json]\n\nBenches: ${names.join(', ')}\n\nExample: npm run bench -- rs --json`,
  )
  process.exit(args.includes('--help') ? 0 : 2)
}

const { bench } = (await import(`./benches/${name}.js`)) as { bench: Bench }
console.error(`${bench.name}: ${bench.description}`)
const result = await bench.run({
  args: rest,
  progress: (message) => console.error(`  ${message}`),
})
console.log(formatTable(result.rows))
console.log(
  `\n${formatTable(Object.entries(result.ratios).map(([ratio, value]) => ({ ratio, value })))}`,
)
for (const note of result.notes ?? []) console.log(note)
console.log(
  `\n${Object.entries(machine())
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')}`,
)
if (json) {
  console.log(
    JSON.stringify({
      bench: name,
      machine: machine(),
      rows: result.rows,
      ratios: result.ratios,
      notes: result.notes ?? [],
    }),
  )
}
