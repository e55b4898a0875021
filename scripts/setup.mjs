// What a fresh clone needs before anything can run: dependencies as the lockfile has them, and the build.
// Only Node's own modules may be imported here.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = join(ROOT, 'node_modules', '.millrace-installed')

/**
 * Runs a command in the repository's root. Rejects with an error that names the command when it fails.
 * `quiet` keeps its output back and shows it only on failure, with a ticking line meanwhile.
 */
export function run(command, args, { quiet, env = {}, allowFailure = false } = {}) {
  const started = Date.now()
  const tick = quiet && process.stderr.isTTY
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
    })
    const output = []
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    if (quiet && !tick) console.error(`${quiet} ...`)
    const timer = tick
      ? setInterval(() => {
          const seconds = Math.round((Date.now() - started) / 1000)
          process.stderr.write(`\r${quiet} ... ${seconds} s`)
        }, 250)
      : undefined
    const ended = () => {
      clearInterval(timer)
      if (tick) process.stderr.write('\r\x1b[2K')
    }
    child.on('error', (error) => {
      ended()
      reject(error)
    })
    child.on('close', (code) => {
      ended()
      if (code === 0 || allowFailure) {
        if (quiet && code === 0) {
          console.error(`${quiet}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`)
        }
        resolve(code)
        return
      }
      if (quiet) process.stderr.write(Buffer.concat(output))
      reject(new Error(`${[command, ...args].join(' ')} ended with code ${code}`))
    })
  })
}

/** Runs the JavaScript entry of an installed tool, so that no shell shim is needed. */
export function tool(entry, args, options) {
  return run(process.execPath, [join(ROOT, 'node_modules', entry), ...args], options)
}

function wanted() {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .update(`${process.platform} ${process.arch} ${process.versions.modules}`)
    .digest('hex')
}

/** Installs what the lockfile asks for, unless that is what is installed already. */
export async function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (!((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24)) {
    throw new Error(
      `Millrace needs Node 20.19, 22.12, or 24 and later: this is ${process.version}. Install a newer Node and run the command again`,
    )
  }
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted()) return
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const quiet = 'Installing dependencies (first run, or the lockfile changed)'
  if (npm) await run(process.execPath, [npm, ...args], { quiet })
  else await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { quiet })
  writeFileSync(STAMP, wanted())
}

/** Builds everything, or only what `filter` needs. What is built already is skipped. */
export async function ensureBuilt(filter) {
  const args = ['run', 'build', '--output-logs=errors-only', '--no-update-notifier']
  if (filter) args.push(`--filter=${filter}`)
  await tool('turbo/bin/turbo', args, { quiet: 'Building' })
}

/** Ends the process with a one-line message rather than a stack. */
export function fail(error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
