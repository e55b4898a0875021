import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openErasureStore } from '@millrace/erasure-store'
import { serveObjects } from '@millrace/pipes/serve-degraded-object'
import { openWorkerLanes, type WorkerLanes } from '@millrace/worker-lanes'
import { request } from 'undici'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { makeFolder, openFilesIn, startProgram } from './programs.ts'

const scheme = { k: 4, m: 2 }
const body = randomBytes(24 * 1024 * 1024 + 5)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let template: string
let lanes: WorkerLanes

const volumesIn = (folder: string): string[] =>
  [1, 2, 3, 4, 5, 6].map((number) => join(folder, `volume-${number}`))

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'millrace-volumes-'))
  lanes = openWorkerLanes({ scheme, threads: 1 })
  const volumes = volumesIn(template)
  await using store = await openErasureStore({ volumes, lanes, scheme, durability: 'relaxed' })
  await store.createBucket('photos')
  const photos = await store.openBucket('photos')
  await photos.put('a/b c.bin', [body], { headers: { contentType: 'image/x-test' } })
  await photos.put('empty', [])
})

afterAll(async () => {
  await lanes.close()
  await rm(template, { recursive: true })
})

/** A copy of the six volumes, and two of the six deleted. */
async function makeVolumes(): Promise<{ readonly folder: string; readonly volumes: string[] }> {
  const folder = await makeFolder()
  await cp(template, folder, { recursive: true })
  const volumes = volumesIn(folder)
  for (const lost of [1, 4]) await rm(volumes[lost] as string, { recursive: true })
  return { folder, volumes }
}

interface Site {
  readonly url: string
  readonly folder: string
  readonly volumes: readonly string[]
}

async function serve(options: { readonly idleMs?: number } = {}): Promise<Site> {
  const { folder, volumes } = await makeVolumes()
  const store = await openErasureStore({ volumes, lanes })
  const server = createServer(serveObjects(await store.openBucket('photos'), options))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await store.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/a/b%20c.bin`, folder, volumes }
}

/** The shard files that are open. */
async function openShards(site: Site): Promise<readonly string[]> {
  const files = await openFilesIn(site.folder)
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size))
  return files.filter((_, index) => (sizes[index] as number) > 4 * 1024 * 1024)
}

async function expectNothingHeld(site: Site): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(lanes.pool.available).toBe(lanes.pool.slotCount)
      expect(await openShards(site)).toEqual([])
    },
    { timeout: 10_000, interval: 20 },
  )
}

test('serveObjects() sends a whole object while two volumes are gone', async () => {
  const site = await serve()
  const answer = await request(site.url)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({
    'accept-ranges': 'bytes',
    'content-length': String(body.length),
    'content-type': 'image/x-test',
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
  })
  expect(sha256(await answer.body.bytes())).toBe(sha256(body))
  const empty = await request(new URL('/empty', site.url))
  expect([empty.statusCode, (await empty.body.bytes()).length]).toEqual([200, 0])
  await expectNothingHeld(site)
}, 60_000)

test('serveObjects() honours ranges, and what is not there', async () => {
  const site = await serve()
  const ask = async (
    headers: Record<string, string>,
    path = '/a/b%20c.bin',
    method: 'GET' | 'HEAD' | 'POST' = 'GET',
  ): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> => {
    const answer = await request(new URL(path, site.url), { headers, method })
    const bytes = Buffer.from(await answer.body.bytes())
    return { status: answer.statusCode, headers: answer.headers, bytes }
  }
  const size = body.length
  for (const [text, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=1048570-1048590', 1_048_570, 1_048_591],
    ['bytes=20000000-', 20_000_000, size],
    ['bytes=-7', size - 7, size],
    ['bytes=5-99999999999', 5, size],
  ] as const) {
    const { status, headers, bytes } = await ask({ range: text })
    expect([status, bytes.equals(body.subarray(start, end))], text).toEqual([206, true])
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/${size}`)
  }
  for (const headers of [
    { range: 'bytes=0-1,5-6' },
    { range: 'bytes=9-1' },
    { range: 'bytes=0-1', 'if-range': '"old"' },
  ]) {
    const whole = await ask(headers)
    expect([whole.status, whole.bytes.length, whole.headers['content-range']]).toEqual([
      200,
      size,
      undefined,
    ])
  }
  const beyond = await ask({ range: `bytes=${size}-` })
  expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${size}`])
  const head = await ask({ range: 'bytes=0-1' }, undefined, 'HEAD')
  expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([
    200,
    String(size),
    0,
  ])
  expect((await ask({}, '/nothing')).status).toBe(404)
  expect((await ask({}, '/%ff')).status).toBe(400)
  expect((await ask({}, '/a', 'POST')).status).toBe(404)
  await expectNothingHeld(site)
}, 60_000)

test('serveObjects() frees everything when a client leaves in the middle of a body', async () => {
  const site = await serve()
  for (let times = 0; times < 3; times++) {
    const [res] = (await once(get(site.url), 'response')) as [IncomingMessage]
    await once(res, 'readable')
    await vi.waitFor(async () => {
      expect(lanes.pool.available).toBeLessThan(lanes.pool.slotCount)
      expect((await openShards(site)).length).toBeGreaterThan(0)
    })
    res.destroy()
    await expectNothingHeld(site)
  }
  const { body: again } = await request(site.url)
  expect(sha256(await again.bytes())).toBe(sha256(body))
}, 60_000)

test('serveObjects() cuts off a client that stops reading', async () => {
  const site = await serve({ idleMs: 500 })
  const [res] = (await once(get(site.url), 'response')) as [IncomingMessage]
  const broken = once(res, 'error')
  await expectNothingHeld(site)
  res.resume()
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
}, 60_000)

test('serveObjects() destroys the connection when an object breaks in the middle', async () => {
  const site = await serve()
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => logged.mockRestore())
  // A third shard of a late stripe is damaged: it cannot be rebuilt from the three that are left.
  const volume = site.volumes[0] as string
  const names = await readdir(volume, { recursive: true })
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(volume, name))).size))
  const shard = names[sizes.findIndex((size) => size > 4 * 1024 * 1024)] as string
  await using file = await open(join(volume, shard), 'r+')
  await file.write(Buffer.alloc(100), 0, 100, 20 * 256 * 1024 + 1000)
  const [res] = (await once(get(site.url), 'response')) as [IncomingMessage]
  expect([res.statusCode, res.headers['content-length']]).toEqual([200, String(body.length)])
  const received: Buffer[] = []
  res.on('data', (chunk: Buffer) => received.push(chunk))
  const [error] = (await once(res, 'error')) as [Error & { code?: string }]
  expect(error.code).toBe('ECONNRESET')
  const bytes = Buffer.concat(received)
  expect(bytes.length).toBeLessThan(body.length)
  expect(bytes.equals(body.subarray(0, bytes.length))).toBe(true)
  await file.close()
  await expectNothingHeld(site)
  expect(logged.mock.calls).toMatchObject([[{ code: 'ERR_EC_DECODE_STREAM_TOO_FEW_SHARDS' }]])
}, 60_000)

test('the program serves volumes of which two are gone, until it is stopped', async () => {
  const { volumes } = await makeVolumes()
  const port = await freePort()
  const child = startProgram('serve-degraded-object', [String(port), 'photos', ...volumes])
  const warnings = text(child.stderr as NodeJS.ReadableStream)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  expect(String(line)).toContain(`Serving photos on http://127.0.0.1:${port}`)
  const answer = await request(`http://127.0.0.1:${port}/a/b%20c.bin`)
  expect(sha256(await answer.body.bytes())).toBe(sha256(body))
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([0, null])
  const lost = [volumes[1], volumes[4]].map((path) => `${path} is missing or empty`)
  for (const warning of lost) expect(await warnings).toContain(warning)
}, 60_000)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
