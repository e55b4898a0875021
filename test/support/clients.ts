import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'

/** Outside clients that tests use, and how to find out whether they are here. */
const PROBES = {
  aws: ['aws', '--version'],
  rclone: ['rclone', 'version'],
  s3cmd: ['s3cmd', '--version'],
  curl: ['curl', '--version'],
  boto3: ['/usr/bin/python3', '-c', 'import boto3'],
} as const

export type ClientName = keyof typeof PROBES

const found = new Map<ClientName, boolean>()

/**
 * True where a client is installed. Where it is not, says so, and in CI throws: there all of them must be.
 */
export function hasClient(name: ClientName): boolean {
  const known = found.get(name)
  if (known !== undefined) return known
  const [command, ...args] = PROBES[name]
  const here = spawnSync(command, args, { stdio: 'ignore' }).status === 0
  found.set(name, here)
  if (!here) {
    const reason = `${name} is not installed: its tests are skipped. Debian has it; .ci/run installs it`
    if (process.env['CI'] === 'true') throw new Error(reason)
    console.warn(reason)
  }
  return here
}

const execute = promisify(execFile)

/** This process's environment without what would point a client elsewhere. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS|RCLONE|MILLRACE)_/.test(name)),
  )
}

/** Runs a client to its end; rejects with what it printed when it fails. */
export async function runClient(
  command: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv
    readonly cwd?: string
    readonly timeout?: number
  } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return await execute(command, [...args], {
    cwd: options.cwd,
    env: { ...cleanEnvironment(), ...options.env },
    timeout: options.timeout ?? 120_000,
    maxBuffer: 16 * 1024 * 1024,
  })
}
