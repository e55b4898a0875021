// npm run figures: runs the benches that README shows and writes their ratios and rows between its markers.
// `npm run figures -- server rs` renews only these; the others stay as they were taken.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, fail, ROOT } from './setup.mjs'

const RESULTS = join(ROOT, 'bench/results')
const README = join(ROOT, 'README.md')
const BEGIN = '<!-- figures: written by npm run figures -->'
const END = '<!-- end of figures -->'

/** What README shows: bench, ratio, what it says, and the target where there is one. */
const SHOWN = [
  ['rs', 'encode 3+1', 'Reed-Solomon 3+1: SIMD kernel / wasm-reed-solomon-erasure'],
  ['rs', 'encode 4+2', 'Reed-Solomon 4+2', '14'],
  ['rs', 'encode 8+4', 'Reed-Solomon 8+4'],
  ['rs', 'encode 10+4', 'Reed-Solomon 10+4', '12'],
  ['rs', 'reconstruct 4+2', 'reconstruct 4+2, two data shards lost'],
  ['rs', 'reconstruct 10+4', 'reconstruct 10+4, four data shards lost'],
  [
    'encode',
    'encode',
    'encode 4+2 with BLAKE3 through the lanes / one thread of plain WebAssembly',
    '4',
  ],
  ['decode', 'decode', 'decode and verify 4+2 / the same', '4'],
  ['decode', 'decode degraded', 'decode 4+2 with two shards lost / the same', '4'],
  [
    'prefetch',
    'depth4 0ms',
    'prefetch 4 deep / one after the other, 64 KiB chunks, 0 ms away',
    '1.5',
  ],
  ['prefetch', 'depth4 5ms', '5 ms away', '3.7'],
  ['prefetch', 'depth4 10ms', '10 ms away', '3.7'],
  ['prefetch', 'depth4 20ms', '20 ms away', '3.7'],
  ['prefetch', 'adaptive 20ms', 'prefetch adaptive within 16 MiB, 20 ms away', '12'],
  ['pwrite', 'sink/createWriteStream', 'pwrite-sink / fs.createWriteStream'],
  ['pwrite', 'sink/raw', 'pwrite-sink / raw positioned writes, one at a time'],
  ['server', 'get', 'GET of 1 GiB, EC 4+2, verified / bare node:http from memory', '0.4'],
  [
    'server',
    'put',
    'PUT of 1 GiB, EC 4+2, flushed / raw writes of the same six files, flushed',
    '0.5',
  ],
  ['server', 'peak memory MB', 'memory of the server at 4 GiB objects, MB', 'at most 350'],
]

/** The last line of a bench is one JSON object. */
function take(name) {
  console.error(`\nBench ${name}`)
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(ROOT, 'bench/dist/run.js'), name, '--json'],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 },
  )
  if (status !== 0) throw new Error(`Bench ${name} ended with code ${status}`)
  const lines = stdout.toString().trim().split('\n')
  console.log(lines.slice(0, -1).join('\n'))
  mkdirSync(RESULTS, { recursive: true })
  const result = { ...JSON.parse(lines.at(-1)), taken: new Date().toISOString().slice(0, 10) }
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}

function table() {
  const results = new Map()
  for (const [name] of SHOWN) {
    const file = join(RESULTS, `${name}.json`)
    if (existsSync(file)) results.set(name, JSON.parse(readFileSync(file, 'utf8')))
  }
  const rows = SHOWN.flatMap(([name, ratio, text, target = '']) => {
    const value = results.get(name)?.ratios[ratio]
    if (value === undefined) return []
    const shown = value >= 100 ? Math.round(value) : value.toFixed(value >= 10 ? 1 : 2)
    return [`| ${text} | **${shown}** | ${target} | \`${name}\` |`]
  })
  const { machine, taken } = [...results.values()].at(-1)
  return [
    `Taken ${taken} on ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node.slice(1)}, ${machine.platform};`,
    'ratios within one run, medians of interleaved rounds. `npm run bench -- NAME` takes one again, the files in',
    '[bench/results](bench/results) have all rows, [bench/LOG.md](bench/LOG.md) what was tried and did not pay.',
    '',
    '| what | ratio | at least | bench |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}

try {
  await ensureInstalled()
  await ensureBuilt('@millrace/bench')
  const asked = process.argv.slice(2)
  for (const name of asked.length > 0 ? asked : new Set(SHOWN.map(([bench]) => bench))) take(name)
  const readme = readFileSync(README, 'utf8')
  const [head] = readme.split(BEGIN)
  const [, tail] = readme.split(END)
  writeFileSync(README, `${head}${BEGIN}\n\n${table()}\n\n${END}${tail}`)
} catch (error) {
  fail(error)
}
