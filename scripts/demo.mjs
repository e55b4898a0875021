// npm run demo: a real file goes into the reference server, two of six volumes are deleted, and the same bytes come out.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ensureBuilt, ensureInstalled, fail, ROOT } from './setup.mjs'

const LEAST = 100e6
const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'DEMOACCESSKEY',
  AWS_SECRET_ACCESS_KEY: 'demo-secret-access-key',
  AWS_REGION: 'us-east-1',
}
const credentials = {
  accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID,
  secretAccessKey: ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
}

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text)
const green = (text) => (process.stdout.isTTY ? `\x1b[32m${text}\x1b[0m` : text)
const red = (text) => (process.stdout.isTTY ? `\x1b[31m${text}\x1b[0m` : text)
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
let steps = 0
const step = (text) => console.log(`\n${bold(`${++steps}. ${text}`)}`)

/** Large files that are surely here: the Node binary, then the biggest tools that npm installed. */
function largeFiles() {
  const inModules = readdirSync(join(ROOT, 'node_modules'), {
    recursive: true,
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, size: statSync(path).size }))
    .sort((a, b) => b.size - a.size)
  return [{ path: process.execPath, size: statSync(process.execPath).size }, ...inModules]
}

/** The Node binary where it is large enough, else it and the next largest files joined into one. */
async function findFile(home) {
  const chosen = []
  let size = 0
  for (const file of largeFiles()) {
    if (size >= LEAST) break
    chosen.push(file)
    size += file.size
  }
  if (chosen.length === 1) return { path: chosen[0].path, what: 'the Node binary' }
  const path = join(home, 'large-file.bin')
  for (const part of chosen) {
    await pipeline(createReadStream(part.path), createWriteStream(path, { flags: 'a' }))
  }
  return { path, what: `${chosen.map((part) => basename(part.path)).join(' and ')}, joined` }
}

async function sha256(path) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

function startServer(home) {
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'examples/reference-server/dist/bin.js'),
      ...['--port', '0', '--data', home],
      // Lost volumes are the plot here and told below; errors are still shown.
      ...['--log-level', 'error'],
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        MILLRACE_ACCESS_KEY_ID: credentials.accessKeyId,
        MILLRACE_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    },
  )
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      const url = /serving S3 at (\S+)/.exec(text)?.[1]
      if (url) resolve({ child, url })
    })
    child.on('exit', (code) => reject(new Error(`The server ended with code ${code}`)))
  })
}

function runIt(command, args) {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...ENVIRONMENT },
    })
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0
        ? resolve((performance.now() - started) / 1000)
        : reject(new Error(`${basename(command)} ended with code ${code}`)),
    )
  })
}

/** A picture of the volumes: one bar for each, as long as what lies on it. */
async function showVolumes(volumes) {
  for (const volume of volumes) {
    const name = basename(volume).padEnd(9)
    if (!existsSync(volume)) {
      console.log(`   ${name} ${red('deleted')}`)
      continue
    }
    const files = (await readdir(volume, { recursive: true })).filter((file) =>
      file.endsWith('.shard'),
    )
    const bytes = files.reduce((sum, file) => sum + statSync(join(volume, file)).size, 0)
    const bar = '█'.repeat(Math.max(1, Math.round(bytes / 2e6)))
    console.log(`   ${name} ${green(bar)} ${megabytes(bytes)} in ${files.length} shard file`)
  }
}

async function main() {
  await ensureInstalled()
  await ensureBuilt()
  const { presignUrl } = await import('../packages/sigv4/dist/index.js')
  const home = await mkdtemp(join(tmpdir(), 'millrace-demo-'))
  let server
  // Ctrl-C must leave neither the server nor the copies behind.
  const sweep = () => {
    server?.child.kill()
    rmSync(home, { recursive: true, force: true })
  }
  process.once('SIGINT', () => {
    sweep()
    process.exit(130)
  })
  try {
    step('Start the reference server on six new volumes, four data and two parity shards')
    server = await startServer(home)
    const { url } = server
    const volumes = Array.from({ length: 6 }, (_, i) => join(home, `volume-${i + 1}`))
    console.log(`   ${url}`)

    const sign = (method, path) =>
      presignUrl({ method, url: `${url}${path}`, region: 'us-east-1', credentials })
    const file = await findFile(home)
    const { size } = statSync(file.path)
    step(`Upload a real file: ${file.what}, ${megabytes(size)}`)
    const before = await sha256(file.path)
    await mustBe(200, await fetch(sign('PUT', '/demo'), { method: 'PUT' }))
    const started = performance.now()
    const handle = await open(file.path)
    const answer = await fetch(sign('PUT', '/demo/file'), {
      method: 'PUT',
      body: Readable.toWeb(handle.createReadStream()),
      headers: { 'content-length': String(size) },
      duplex: 'half',
    })
    await mustBe(200, answer)
    const seconds = (performance.now() - started) / 1000
    console.log(`   stored and flushed to disk in ${seconds.toFixed(2)} s, ${rate(size, seconds)}`)
    console.log(`   SHA-256 ${before}`)

    step('Look at the shards: any four of these six files are the whole file')
    await showVolumes(volumes)

    step('Delete two volumes while the server is running')
    for (const index of [1, 4]) await rm(volumes[index], { recursive: true })
    await showVolumes(volumes)

    const copies = []
    const fetched = async (tool, work) => {
      const target = join(home, `by-${tool.replaceAll(' ', '-')}`)
      const took = await work(target)
      copies.push({ tool, hash: await sha256(target) })
      console.log(
        `   ${tool}: ${megabytes(statSync(target).size)} in ${took.toFixed(2)} s, ${rate(size, took)}`,
      )
    }
    step('Download it: the lost shards are computed anew, each byte is verified on the way')
    if (spawnSync('curl', ['--version']).status === 0) {
      await fetched('curl', (target) =>
        runIt('curl', ['-sSf', '-o', target, sign('GET', '/demo/file')]),
      )
    } else {
      console.log('   curl is not installed: only millrace get is shown')
    }
    await fetched('millrace get', (target) =>
      runIt(process.execPath, [
        join(ROOT, 'examples/downloader/dist/bin.js'),
        'get',
        's3://demo/file',
        target,
        '--endpoint',
        url,
      ]),
    )

    step('Compare')
    console.log(`   ${'before'.padEnd(14)} ${before}`)
    for (const { tool, hash } of copies) {
      console.log(
        `   ${tool.padEnd(14)} ${hash}  ${hash === before ? green('same') : red('DIFFERENT')}`,
      )
    }
    if (copies.some(({ hash }) => hash !== before)) throw new Error('The bytes differ')
    console.log(
      `\n${green('Two of six disks are gone, and not a bit is missing.')}\nTo run a server of your own: npm start`,
    )
  } finally {
    sweep()
  }
}

const rate = (bytes, seconds) => `${Math.round(bytes / 1e6 / seconds)} MB/s`

async function mustBe(status, response) {
  const text = await response.text()
  if (response.status !== status) throw new Error(`The server answered ${response.status}: ${text}`)
}

try {
  await main()
} catch (error) {
  fail(error)
}
