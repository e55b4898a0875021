import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { main } from '@millrace/downloader'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'
import { type RangeServer, startRangeServer } from './range-server.ts'

const BIN = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const MIB = 1024 * 1024

let folder = ''
let server: RangeServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-get-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  server = await startRangeServer(pattern(300_000))
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const CLEAN = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_CONFIG_FILE: '/nonexistent',
}

interface Run {
  readonly code: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** The program as the shell starts it. */
function spawned(args: readonly string[], cwd: string, env: object = {}): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [BIN, ...args],
      { cwd, env: { ...CLEAN, ...env }, encoding: 'buffer', maxBuffer: 64 * MIB },
      (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : Number(error.code),
          stdout,
          stderr: stderr.toString(),
        }),
    )
  })
}

/** The same in this process, which is many times faster; a test file has a process of its own. */
async function millrace(args: readonly string[], cwd: string, env: object = {}): Promise<Run> {
  const written: Buffer[] = []
  let stderr = ''
  process.chdir(cwd)
  const code = await main(args, {
    env: { ...CLEAN, ...env },
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(Buffer.from(chunk))
        done()
      },
    }),
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
  })
  return { code, stdout: Buffer.concat(written), stderr }
}

/** A fresh folder, and a run within it. */
async function get(
  args: readonly string[],
  env: object = {},
  start: typeof millrace = millrace,
): Promise<Run & { readonly place: string; readonly files: string[] }> {
  const place = await mkdtemp(join(folder, 'run-'))
  const run = await start(['get', ...args], place, env)
  return { ...run, place, files: await readdir(place) }
}

const keys = ['--access-key', 'AK', '--secret-key', 'secret']

describe('millrace get', { timeout: 60_000 }, () => {
  test('downloads from S3, signed, into this folder, a folder, a file', async () => {
    const s3 = ['--endpoint', server.origin, ...keys]
    const here = await get(['s3://bucket/a b/mill.bin', ...s3], {}, spawned)
    assert.equal(here.stderr.includes('verified by md5'), true, here.stderr)
    assert.deepEqual([here.code, here.files], [0, ['mill.bin']])
    assert.ok((await readFile(join(here.place, 'mill.bin'))).equals(server.bytes))
    assert.equal(server.requests[0]?.url, '/bucket/a%20b/mill.bin')
    assert.match(
      server.requests[0]?.headers.authorization ?? '',
      /^AWS4-HMAC-SHA256 Credential=AK\//,
    )
    assert.ok(server.requests.every(({ method }) => method === 'GET'))
    const below = await get(['s3://bucket/mill.bin', 'new/', ...s3])
    assert.deepEqual([below.code, await readdir(join(below.place, 'new'))], [0, ['mill.bin']])
    const named = await get(['s3://bucket/mill.bin', 'other.bin', ...s3, '--quiet'])
    assert.deepEqual([named.code, named.files, named.stderr], [0, ['other.bin'], ''])
  })

  test('downloads a large file in parts with worker threads', async () => {
    server.bytes = pattern(40 * MIB)
    const options = ['--part-size', '4M', '--concurrency', '3', '--threads', '2']
    const run = await get([`${server.origin}/big.bin?signature=x`, ...options], {}, spawned)
    assert.equal(run.code, 0, run.stderr)
    assert.ok((await readFile(join(run.place, 'big.bin'))).equals(server.bytes))
    assert.ok(server.requests.length >= 10)
    assert.ok(server.requests.every(({ url }) => url === '/big.bin?signature=x'))
    assert.ok(!run.stderr.includes('signature'), run.stderr)
  })

  test('writes to the standard output, and JSON on request', async () => {
    const piped = await get([`${server.origin}/a`, '-', '--part-size', '64K'], {}, spawned)
    assert.equal(piped.code, 0, piped.stderr)
    assert.ok(piped.stdout.equals(server.bytes))
    const json = await get(['s3://b/a', 'x', '--json', '--endpoint', server.origin, ...keys])
    assert.equal(json.code, 0, json.stderr)
    const result = JSON.parse(json.stdout.toString()) as Record<string, unknown>
    assert.deepEqual([result['bytes'], result['verified']], [300_000, 'md5'])
    const failed = await get([
      's3://b/a',
      'x',
      '--json',
      '--endpoint',
      'http://127.0.0.1:1',
      ...keys,
    ])
    const { error } = JSON.parse(failed.stdout.toString()) as { error: { code: string } }
    assert.deepEqual([failed.code, error.code], [5, 'UNAVAILABLE'])
  })

  test('writes into what is no file, such as /dev/null', async () => {
    if (process.platform === 'win32') return
    const run = await get([`${server.origin}/a`, '/dev/null', '--quiet'])
    assert.deepEqual([run.code, run.stderr], [0, ''])
  })

  test('an empty object is an empty file', async () => {
    server.bytes = Buffer.alloc(0)
    const run = await get(['s3://b/empty', '--endpoint', server.origin, ...keys])
    assert.equal(run.code, 0, run.stderr)
    assert.equal((await readFile(join(run.place, 'empty'))).length, 0)
  })

  test('finds credentials, region and endpoint in the environment and the AWS files', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: 'ENVKEY',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 'token',
      AWS_REGION: 'eu-mill-1',
      AWS_ENDPOINT_URL: server.origin,
    }
    assert.equal((await get(['s3://b/a'], env)).code, 0)
    assert.match(server.requests[0]?.headers.authorization ?? '', /ENVKEY\/\d+\/eu-mill-1\/s3/)
    assert.equal(server.requests[0]?.headers['x-amz-security-token'], 'token')
    const files = await mkdtemp(join(folder, 'aws-'))
    await writeFile(
      join(files, 'credentials'),
      '[default]\naws_access_key_id = NO\naws_secret_access_key = s\n[mill]\naws_access_key_id=FILEKEY\naws_secret_access_key=s\n',
    )
    await writeFile(
      join(files, 'config'),
      `[profile mill]\nregion = xx-1\nendpoint_url = ${server.origin}\n`,
    )
    const shared = {
      AWS_SHARED_CREDENTIALS_FILE: join(files, 'credentials'),
      AWS_CONFIG_FILE: join(files, 'config'),
    }
    assert.equal((await get(['s3://b/a', '--profile', 'mill'], shared)).code, 0)
    assert.match(server.requests.at(-1)?.headers.authorization ?? '', /FILEKEY\/\d+\/xx-1\/s3/)
    assert.equal((await get(['s3://b/a'], { ...shared, AWS_PROFILE: 'nobody' })).code, 4)
  })
})

describe('millrace get when things go wrong', { timeout: 60_000 }, () => {
  const parts = ['--part-size', '64K', '--concurrency', '2']
  const s3 = (): string[] => ['s3://bucket/file', '--endpoint', server.origin, ...keys, ...parts]

  test.each([
    ['the connection is reset in the middle', { reset: 20_000 }],
    ['a body is short and ends cleanly', { short: 20_000 }],
    ['the server is busy', 'unavailable'],
  ] as const)('%s: goes on where it was', async (_name, fault) => {
    server.fault = (request) => (request === 1 || request === 3 ? fault : undefined)
    const run = await get(s3())
    assert.equal(run.code, 0, run.stderr)
    assert.ok((await readFile(join(run.place, 'file'))).equals(server.bytes))
    if (typeof fault === 'string') return
    const resumed = server.requests.filter(({ headers }) => {
      const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1])
      return start % 65_536 !== 0
    })
    assert.ok(resumed.length >= 1, 'nothing was resumed in the middle of a part')
  })

  test.each([
    ['no such object', 'not-found', 3],
    ['no permission', 'forbidden', 4],
    ['another range than asked', 'wrong-range', 6],
    ['206 without Content-Range', 'no-content-range', 6],
    ['another total than before', 'other-total', 6],
    ['wrong bytes', 'flip', 6],
  ] as const)('%s: says so, and nothing is left behind', async (_name, fault, code) => {
    server.fault = (request) => (request >= 1 ? fault : undefined)
    const run = await get(s3())
    assert.deepEqual([run.code, run.files], [code, []], run.stderr)
    assert.match(run.stderr, /millrace: [A-Z].{20}/)
    assert.ok(!/\n\s+at /.test(run.stderr), run.stderr)
  })

  test('a server that ignores ranges is read in one piece', async () => {
    server.fault = () => 'ignore-range'
    const run = await get(s3())
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stderr, /one piece/)
    assert.ok((await readFile(join(run.place, 'file'))).equals(server.bytes))
  })

  test('an object that changes meanwhile is downloaded anew', async () => {
    const changed = pattern(250_000, 7)
    server.fault = (request) => (request === 2 ? { change: changed } : undefined)
    const run = await get(s3())
    assert.equal(run.code, 0, run.stderr)
    assert.ok((await readFile(join(run.place, 'file'))).equals(changed))
  })

  test('a server without ETags, or with others than MD5, is read and called not verified', async () => {
    for (const etag of ['none', 'opaque'] as const) {
      server.etag = etag
      const run = await get(s3())
      assert.equal(run.code, 0, run.stderr)
      assert.match(run.stderr, /not verified/)
      assert.ok((await readFile(join(run.place, 'file'))).equals(server.bytes))
    }
  })

  test('a clock that is wrong is made up for', async () => {
    server.fault = (request) => (request === 0 ? 'skewed' : undefined)
    const run = await get(s3())
    assert.equal(run.code, 0, run.stderr)
    const [first, second] = server.requests.map(({ headers }) => headers['x-amz-date'])
    assert.notEqual(first, second)
  })

  test('credentials never follow a redirect to another host', async () => {
    await using other = await startRangeServer(pattern(10_000))
    server.fault = () => ({ redirect: `${other.origin}/file` })
    const signed = await get(s3(), {}, spawned)
    assert.equal(signed.code, 5, signed.stderr)
    assert.equal(other.requests.length, 0)
    const { host } = new URL(server.origin)
    const plain = await get([`http://me:secret@${host}/file`])
    assert.equal(plain.code, 0, plain.stderr)
    assert.match(server.requests.at(-1)?.headers.authorization ?? '', /^Basic /)
    assert.ok(other.requests.length > 0)
    for (const { headers } of other.requests) assert.equal(headers.authorization, undefined)
    assert.ok(!plain.stderr.includes('secret'), plain.stderr)
  })

  test('an existing file stays unless --force is given', async () => {
    const place = await mkdtemp(join(folder, 'exists-'))
    await writeFile(join(place, 'file'), 'old')
    const refused = await millrace(['get', ...s3()], place)
    assert.equal(refused.code, 7)
    assert.match(refused.stderr, /--force/)
    assert.equal(await readFile(join(place, 'file'), 'utf8'), 'old')
    assert.equal((await millrace(['get', ...s3(), '--force'], place)).code, 0)
    assert.ok((await readFile(join(place, 'file'))).equals(server.bytes))
    assert.deepEqual(await readdir(place), ['file'])
  })

  test('a link in the way is replaced, not followed', async () => {
    const place = await mkdtemp(join(folder, 'link-'))
    await writeFile(join(place, 'secret'), 'untouched')
    await symlink(join(place, 'secret'), join(place, 'file'))
    assert.equal((await millrace(['get', ...s3()], place)).code, 7)
    assert.equal((await millrace(['get', ...s3(), '--force'], place)).code, 0)
    assert.equal(await readFile(join(place, 'secret'), 'utf8'), 'untouched')
    assert.ok((await readFile(join(place, 'file'))).equals(server.bytes))
  })

  test.each(['..', 'a/..', 'a/.', 'a/', 'a\\..\\b', 'C:evil', 'x\u0000y', 'a/esc\u001b[2J'])(
    'a key that makes no safe name is refused: %j',
    async (key) => {
      const place = await mkdtemp(join(folder, 'unsafe-'))
      await mkdir(join(place, 'in'))
      const source = key.includes('\0')
        ? `${server.origin}/${encodeURIComponent(key)}`
        : `s3://bucket/${key}`
      const run = await millrace(['get', source, 'in', '--endpoint', server.origin, ...keys], place)
      assert.deepEqual(
        [run.code, await readdir(place), await readdir(join(place, 'in'))],
        [7, ['in'], []],
      )
      assert.ok(!run.stderr.includes('\u001b'), 'escape sequences reach the terminal')
    },
  )

  test('Ctrl-C leaves nothing behind and says so', async () => {
    server.fault = (request) => (request >= 1 ? 'hang' : undefined)
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const before = server.requests.length
      server.fault = (request) => (request >= before + 1 ? { slow: 20 } : undefined)
      const place = await mkdtemp(join(folder, 'stop-'))
      const child = spawn(process.execPath, [BIN, 'get', ...s3()], { cwd: place, env: CLEAN })
      const ended = new Promise((resolve) => child.on('exit', resolve))
      while (server.requests.length < before + 2)
        await new Promise((resolve) => setTimeout(resolve, 20))
      child.kill(signal)
      assert.equal(await ended, code)
      assert.deepEqual(await readdir(place), [])
    }
  })

  test('a command line that makes no sense is explained', async () => {
    for (const args of [
      [],
      ['get'],
      ['get', 'ftp://x/y'],
      ['get', 's3://bucket'],
      ['get', 's3://b/k', '--concurrency', '0'],
      ['get', 's3://b/k', '--part-size', '1'],
      ['get', 's3://b/k', '--access-key', 'only'],
      ['get', 's3://b/k', '-', '--json'],
      ['get', 's3://b/k', '--endpoint', 'nonsense'],
      ['fetch', 's3://b/k'],
    ]) {
      const run = await millrace(args, folder)
      if (args.length > 0) assert.equal(run.code, 2, `${args.join(' ')}: ${run.stderr}`)
      assert.ok(run.stderr.length > 20)
    }
    const help = await spawned(['get', '--help'], folder)
    assert.equal(help.code, 0)
    assert.match(help.stdout.toString(), /Exit codes/)
  })

  test('without credentials a refusal says where they are looked for', async () => {
    server.fault = () => 'forbidden'
    const run = await get(['s3://bucket/file', '--endpoint', server.origin])
    assert.equal(run.code, 4)
    assert.match(run.stderr, /AWS_ACCESS_KEY_ID/)
    assert.equal(server.requests[0]?.headers.authorization, undefined)
  })
})
