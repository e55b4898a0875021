import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Path of a program beside this one. */
export function program(name: string): string {
  return new URL(`./${name}.js`, import.meta.url).pathname
}

/** Runs a program that prints seconds. */
export async function seconds(name: string, ...args: readonly string[]): Promise<number> {
  const { stdout } = await execute(process.execPath, [program(name), ...args])
  return Number(stdout.trim())
}

/** Starts a program and waits for a line that matches. */
export function start(
  args: readonly string[],
  pattern: RegExp,
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly child: ChildProcess; readonly match: string }> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const match = pattern.exec(text)?.[1]
      if (match !== undefined) resolve({ child, match })
    })
    child.on('exit', (code) => reject(new Error(`${args[0]} ended with code ${code}`)))
  })
}

/** The most resident memory a process has had, in MB; undefined where /proc does not tell. */
export function peakMemory(pid: number | undefined): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kibibytes = /VmHWM:\s+(\d+)/.exec(status)?.[1]
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6
  } catch {
    return undefined
  }
}

/** CPU seconds a process has used so far, user and system; undefined where /proc does not tell. */
export function cpuSeconds(pid: number | undefined): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return undefined
  }
}
