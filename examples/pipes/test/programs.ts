import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A folder that is gone when the test has finished. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pipes-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A file of random bytes. */
export async function makeFile(folder: string, size: number): Promise<string> {
  const path = join(folder, 'original')
  await writeFile(path, randomBytes(size))
  return path
}

export async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

/** Starts a program of this folder as its comment head says. */
export function startProgram(name: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(import.meta.resolve(`@millrace/pipes/${name}`))
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Runs a program to its end. */
export async function runProgram(
  name: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = startProgram(name, args)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, stdout, stderr }
}

/** The files below a folder that this process has open; on Linux only, else none. */
export async function openFilesIn(folder: string): Promise<readonly string[]> {
  const fds = await readdir('/proc/self/fd').catch((): string[] => [])
  const targets = await Promise.all(
    fds.map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')),
  )
  return targets.filter((target) => target.startsWith(folder)).sort()
}
