import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openErasureStore } from '@millrace/erasure-store'
import { createMemoryStore } from '@millrace/object-store'
import { serveObjects } from '@millrace/pipes/serve-degraded-object'
import { openWorkerLanes, slotSizeFor, type WorkerLanes } from '@millrace/worker-lanes'
import { createBufferPool } from '@millrace/pooled-buffers'
import { request } from 'undici'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { openFilesIn, startProgram } from './programs.ts'

const scheme = { k: 4, m: 2 }
const body = randomBytes(24 * 1024 * 1024 + 5)
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let folder: string
let volumes: readonly string[]
let lanes: WorkerLanes

// Six volumes with three objects in them, and two of the six deleted afterwards.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-volumes-'))
  volumes = [1, 2, 3, 4, 5, 6].map((number) => join(folder, `volume-${number}`))
  // Debug mode tells where a lease that is never returned was taken.
  const slotSize = slotSizeFor({ scheme, unit: 256 * 1024 })
  lanes = openWorkerLanes({
    pool: createBufferPool({ slotSize, slots: 16, debug: true }),
    threads: 1,
  })
  await using store = await openErasureStore({ volumes, lanes, scheme, durability: 'relaxed' })
  await store.createBucket('photos')
  const photos = await store.openBucket('photos')
  await photos.put('a/b c.bin', [body], { headers: { contentType: 'image/x-test' } })
  await photos.put('small', [Buffer.from('0123456789')])
  await photos.put('empty', [])
  for (const lost of [1, 4]) await rm(volumes[lost] as string, { recursive: true })
})

afterAll(async () => {
  await lanes.close()
  await rm(folder, { recursive: true })
})

/** Serves the volumes until the test is finished; gives the URL of the large object. */
async function serve(idleMs?: number): Promise<string> {
  const store = await openErasureStore({ volumes, lanes })
  const server = createServer(serveObjects(await store.openBucket('photos'), idleMs))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await store.close()
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}/a/b%20c.bin`
}

/** The shard files that are open. */
async function openShards(): Promise<readonly string[]> {
  const files = await openFilesIn(folder)
  const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size))
  return files.filter((_, index) => (sizes[index] as number) > 4 * 1024 * 1024)
}

async function expectHeld(): Promise<void> {
  await vi.waitFor(async () => {
    expect(lanes.pool.openLeases()).not.toEqual([])
    expect(await openShards()).not.toEqual([])
  })
}

async function expectNothingHeld(): Promise<void> {
  await vi.waitFor(
    async () => {
      expect(lanes.pool.openLeases()).toEqual([])
      expect(lanes.pool.available).toBe(lanes.pool.slotCount)
      expect(await openShards()).toEqual([])
    },
    { timeout: 10_000, interval: 20 },
  )
}

test('serveObjects() sends a whole object while two volumes are gone', async () => {
  const url = await serve()
  const answer = await request(url)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({
    'accept-ranges': 'bytes',
    'content-length': String(body.length),
    'content-type': 'image/x-test',
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
  })
  expect(sha256(await answer.body.bytes())).toBe(sha256(body))
  const empty = await request(new URL('/empty', url))
  expect([empty.statusCode, (await empty.body.bytes()).length]).toEqual([200, 0])
  await expectNothingHeld()
}, 60_000)

test('serveObjects() honours ranges, and what is not there', async () => {
  const url = await serve()
  const ask = async (
    headers: Record<string, string>,
    path = '/a/b%20c.bin',
    method: 'GET' | 'HEAD' | 'POST' = 'GET',
  ): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> => {
    const answer = await request(new URL(path, url), { headers, method })
    const bytes = Buffer.from(await answer.body.bytes())
    return { status: answer.statusCode, headers: answer.headers, bytes }
  }
  const size = body.length
  for (const [text, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=1048570-1048590', 1_048_570, 1_048_591],
    ['bytes=23000001-', 23_000_001, size],
    ['bytes=-7', size - 7, size],
    ['bytes=23000000-99999999999', 23_000_000, size],
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
    const whole = await ask(headers, '/small')
    expect([whole.status, String(whole.bytes)]).toEqual([200, '0123456789'])
    expect(whole.headers).not.toHaveProperty('content-range')
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
  await expectNothingHeld()
}, 60_000)

test('serveObjects() frees everything when a client leaves in the middle of a body', async () => {
  const url = await serve()
  for (let times = 0; times < 3; times++) {
    const [res] = (await once(get(url), 'response')) as [IncomingMessage]
    await once(res, 'readable')
    await expectHeld()
    res.destroy()
    await expectNothingHeld()
  }
  const { body: again } = await request(url)
  expect(sha256(await again.bytes())).toBe(sha256(body))
}, 60_000)

test('serveObjects() cuts off a client that stops reading', async () => {
  const url = await serve(1500)
  const [res] = (await once(get(url), 'response')) as [IncomingMessage]
  const broken = once(res, 'error')
  await expectHeld()
  await expectNothingHeld()
  res.resume()
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }])
}, 60_000)

test('serveObjects() destroys the connection when an object breaks in the middle', async () => {
  const url = await serve()
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => logged.mockRestore())
  // A third shard of a late stripe is damaged: it cannot be rebuilt from the three that are left.
  const volume = volumes[0] as string
  const names = await readdir(volume, { recursive: true })
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(volume, name))).size))
  const shard = names[sizes.findIndex((size) => size > 4 * 1024 * 1024)] as string
  await using file = await open(join(volume, shard), 'r+')
  const position = 20 * 256 * 1024 + 1000
  const { buffer: good } = await file.read(Buffer.alloc(100), 0, 100, position)
  await file.write(Buffer.alloc(100), 0, 100, position)
  const [res] = (await once(get(url), 'response')) as [IncomingMessage]
  expect([res.statusCode, res.headers['content-length']]).toEqual([200, String(body.length)])
  const received: Buffer[] = []
  res.on('data', (chunk: Buffer) => received.push(chunk))
  const [error] = (await once(res, 'error')) as [Error & { code?: string }]
  expect(error.code).toBe('ECONNRESET')
  const bytes = Buffer.concat(received)
  expect(bytes.length).toBeLessThan(body.length)
  expect(bytes.equals(body.subarray(0, bytes.length))).toBe(true)
  await file.write(good, 0, 100, position)
  await file.close()
  await expectNothingHeld()
  expect(logged).toHaveBeenCalledOnce()
}, 60_000)

test('serveObjects() serves any store', async () => {
  const bucket = createMemoryStore()
  await bucket.put('letter', [Buffer.from('still here')])
  const server = createServer(serveObjects(bucket)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/letter`
  const answer = await request(url, { headers: { range: 'bytes=6-', connection: 'close' } })
  expect([answer.statusCode, await answer.body.text()]).toEqual([206, 'here'])
})

test('the program serves volumes of which two are gone, until it is stopped', async () => {
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
