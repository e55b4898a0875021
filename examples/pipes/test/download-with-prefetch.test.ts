import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { download } from '@millrace/pipes/download-with-prefetch'
import { formatContentRange, parseRange, resolveRange } from '@millrace/range-planner'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder, runProgram } from './programs.ts'

const body = randomBytes(6 * 1024 * 1024 + 13)

/** How a site misbehaves: called for each ranged GET, counted from 0; true when it has answered by itself. */
type Mischief = (index: number, res: ServerResponse, part: Buffer) => boolean

/** A site that answers ranges. */
async function serve(
  options: { readonly etag?: (index: number) => string; readonly mischief?: Mischief } = {},
): Promise<{ readonly url: string; readonly busiest: () => number; readonly gets: () => number }> {
  let gets = 0
  let busy = 0
  let busiest = 0
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const index = req.method === 'HEAD' ? -1 : gets++
    const etag = options.etag?.(index) ?? '"v1"'
    if (etag !== '') res.setHeader('etag', etag)
    if (req.method === 'HEAD')
      return void res.writeHead(200, { 'content-length': body.length }).end()
    // As RFC 9110 §13.1.1 has it, a weak ETag never matches.
    const wanted = req.headers['if-match']
    if (wanted !== undefined && (wanted !== etag || etag.startsWith('W/'))) {
      return void res.writeHead(412).end()
    }
    busiest = Math.max(busiest, ++busy)
    res.once('close', () => busy--)
    // A later part is sooner there than an earlier one.
    await sleep(index % 2 === 0 ? 20 : 1)
    const [spec = { start: 0 }] = parseRange(req.headers.range) ?? []
    const range = resolveRange(spec, body.length)
    if (range === undefined) return void res.writeHead(416).end()
    const part = body.subarray(range.start, range.end)
    res.writeHead(206, {
      'content-length': part.length,
      'content-range': formatContentRange(range, body.length),
    })
    if (options.mischief?.(index, res, part) !== true) res.end(part)
  }
  const server = createServer((req, res) => void answer(req, res))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/folder%20a/file.bin?token=a%2Fb`
  return { url, busiest: () => busiest, gets: () => gets }
}

test('the program downloads a URL by several requests at once', async () => {
  const site = await serve()
  const path = join(await makeFolder(), 'file')
  const { code, stdout, stderr } = await runProgram('download-with-prefetch', [site.url, path])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`${body.length} bytes in`)
  expect(body.equals(await readFile(path))).toBe(true)
  expect(site.gets()).toBe(7)
  expect(site.busiest()).toBeGreaterThan(1)
}, 30_000)

test('download() goes on where a part broke off', async () => {
  const site = await serve({
    mischief: (index, res, part) => {
      if (index !== 2) return false
      res.write(part.subarray(0, 100_000), () => res.destroy())
      return true
    },
  })
  const path = join(await makeFolder(), 'file')
  await download(site.url, path)
  expect(body.equals(await readFile(path))).toBe(true)
  expect(site.gets()).toBe(8)
}, 30_000)

test('download() works with a weak ETag and without one', async () => {
  const folder = await makeFolder()
  for (const etag of ['W/"v1"', '']) {
    const site = await serve({ etag: () => etag })
    const path = join(folder, `file${etag.length}`)
    await download(site.url, path)
    expect(body.equals(await readFile(path))).toBe(true)
  }
}, 30_000)

test('download() refuses a file that changes meanwhile, and leaves nothing', async () => {
  const site = await serve({ etag: (index) => (index < 3 ? '"v1"' : '"v2"') })
  const folder = await makeFolder()
  await expect(download(site.url, join(folder, 'file'))).rejects.toMatchObject({
    code: 'PRECONDITION_FAILED',
  })
  expect(await readdir(folder)).toEqual([])
}, 30_000)

test('download() ends with the reason of its signal, and leaves nothing', async () => {
  const controller = new AbortController()
  const reason = new Error('Enough')
  const site = await serve({
    // Every part stands still after its first bytes.
    mischief: (_, res, part) => {
      res.write(part.subarray(0, 1000))
      setTimeout(() => controller.abort(reason), 50)
      return true
    },
  })
  const folder = await makeFolder()
  const { signal } = controller
  await expect(download(site.url, join(folder, 'file'), { signal })).rejects.toBe(reason)
  expect(await readdir(folder)).toEqual([])
}, 30_000)

test('download() does not fetch when the file cannot be written', async () => {
  const site = await serve()
  const folder = await makeFolder()
  await mkdir(join(folder, 'file'))
  await expect(download(site.url, join(folder, 'file'))).rejects.toMatchObject({
    code: 'ERR_PWRITE_SINK_NOT_A_FILE',
  })
  expect(site.gets()).toBe(0)
}, 30_000)
