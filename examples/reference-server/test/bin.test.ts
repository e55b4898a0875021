import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const BIN = new URL('../dist/bin.js', import.meta.url).pathname
const VARIABLES = ['MILLRACE_ACCESS_KEY_ID', 'MILLRACE_SECRET_ACCESS_KEY']

interface Running {
  readonly child: ChildProcess
  readonly url: string
  readonly out: () => string
  readonly err: () => string
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

describe('millrace-server', () => {
  let home: string
  const children: ChildProcess[] = []
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'server-bin-'))
  })
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    }
    await rm(home, { recursive: true, force: true })
  })

  function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !VARIABLES.includes(name))
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: home,
      env: { ...Object.fromEntries(inherited), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
    return { child, out: () => out, err: () => err, ended }
  }

  async function start(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Running> {
    const running = run(args, environment)
    const failed = running.ended.then((code) => {
      throw new Error(`Ended with ${code}: ${running.err()}`)
    })
    failed.catch(() => undefined)
    while (!running.out().includes('Ctrl-C')) {
      await Promise.race([once(running.child.stdout as NodeJS.ReadableStream, 'data'), failed])
    }
    const url = /http:\/\/\S+/.exec(running.out())?.[0] as string
    return { ...running, url }
  }

  async function refused(
    args: readonly string[],
    environment?: NodeJS.ProcessEnv,
  ): Promise<string> {
    const running = run(args, environment)
    expect(await running.ended).toBe(1)
    expect(running.out()).toBe('')
    // A message, not a trace.
    expect(running.err()).not.toMatch(/\n\s+at /)
    return running.err()
  }

  test('makes credentials once, keeps them for the owner only, and never logs the secret', async () => {
    const first = await start(['--port', '0', '--log-level', 'debug'])
    const file = join(home, 'data', 'credentials.json')
    const { accessKeyId, secretAccessKey } = JSON.parse(await readFile(file, 'utf8'))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(first.out()).toContain(accessKeyId)
    expect(first.out()).toContain(secretAccessKey)
    expect((await fetch(first.url)).status).toBe(403)
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(0)
    expect(first.err()).not.toContain(secretAccessKey)

    await rm(join(home, 'data', 'volume-3'), { recursive: true })
    const second = await start(['--port', '0'])
    expect(second.out()).toContain(secretAccessKey)
    expect(second.out()).toContain('5 of 6 online')
    expect(second.out()).toContain('volume 3 of the set: missing')
    expect(second.err()).toContain('is missing or empty')
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  }, 60_000)

  test('credentials from the environment are used, not printed, not kept', async () => {
    const secret = 'a-secret-of-my-own'
    const running = await start(['--port', '0', '--host', '0.0.0.0'], {
      MILLRACE_ACCESS_KEY_ID: 'ME',
      MILLRACE_SECRET_ACCESS_KEY: secret,
    })
    expect(running.out()).toContain('ME')
    expect(running.out() + running.err()).not.toContain(secret)
    expect(running.out()).toContain('without TLS')
    await expect(stat(join(home, 'data', 'credentials.json'))).rejects.toThrow()
  }, 60_000)

  test('says what is wrong and what to do', async () => {
    expect(await refused(['--bogus'])).toMatch(/unknown option '--bogus'[^]*--help/)
    expect(await refused(['--port', 'abc'])).toContain('Give a number from 0')
    expect(await refused(['more'])).toContain('too many arguments')
    expect(await refused(['--scheme', '9'])).toContain('--scheme')
    expect(await refused([], { MILLRACE_ACCESS_KEY_ID: 'ME' })).toContain('set both, or neither')
    expect(await refused(['--port', '0', '--volumes', 'a', 'b'])).toContain(
      'Name as many, or choose another scheme',
    )
    expect(await refused(['--port', '0', '--host', '192.0.2.1'])).toContain('--host')
    await writeFile(join(home, 'file'), 'a file')
    expect(await refused(['--port', '0', '--data', 'file'])).toContain(
      'a file is where a directory should be',
    )
    expect(await readFile(join(home, 'file'), 'utf8')).toBe('a file')
  }, 60_000)

  test('a port in use, volumes in use, and a set with a directory not named', async () => {
    const first = await start(['--port', '0'])
    const { port } = new URL(first.url)
    expect(await refused(['--port', port, '--data', 'other'])).toMatch(/in use.*--port 0/)
    expect(await refused(['--port', '0'])).toMatch(
      new RegExp(`process ${first.child.pid} is using it. Stop`),
    )
    first.child.kill('SIGKILL')
    await first.ended
    const five = [1, 2, 3, 4, 6].map((number) => join('data', `volume-${number}`))
    const second = await start(['--port', '0', '--volumes', ...five])
    expect(second.out()).toContain('5 of 6 online')
  }, 60_000)

  test.skipIf(process.getuid?.() === 0)('a data directory that may not be written', async () => {
    await chmod(home, 0o500)
    expect(await refused(['--port', '0'])).toContain('may not, or the disk is read-only')
    await chmod(home, 0o700)
  })

  test('Ctrl-C waits for an upload under way; once more ends at once, and the next start is clean', async () => {
    const first = await start(['--port', '0'])
    const { port } = new URL(first.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write('PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n')
    await new Promise((resolve) => setTimeout(resolve, 200))
    first.child.kill('SIGINT')
    while (!first.err().includes('once more')) {
      await once(first.child.stderr as NodeJS.ReadableStream, 'data')
    }
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(130)
    socket.destroy()
    const second = await start(['--port', '0'])
    expect(second.out()).toContain('6 of 6 online')
  }, 60_000)
})
