import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createS3Store } from '@millrace/object-store-s3'
import { readObject } from '@millrace/range-engine'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runClient } from './support/clients.ts'
import { CREDENTIALS, noise, startTestServer, type TestServer } from './support/reference-server.ts'

const MIB = 1024 * 1024
const MILLRACE = new URL('../examples/downloader/dist/bin.js', import.meta.url).pathname

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.running.store.createBucket('parts')
})
afterAll(async () => await server[Symbol.asyncDispose]())

async function upload(key: string, sizes: readonly number[]): Promise<Buffer> {
  const bucket = await server.running.store.openBucket('parts')
  const body = noise(sizes.reduce((sum, size) => sum + size, 0))
  const upload = await bucket.createMultipart(key)
  const parts = []
  let offset = 0
  for (const [index, size] of sizes.entries()) {
    parts.push(await upload.putPart(index + 1, [body.subarray(offset, offset + size)]))
    offset += size
  }
  await upload.complete(parts)
  return body
}

test.each([
  ['equal parts', [5 * MIB, 5 * MIB, 5 * MIB], true],
  ['a shorter last part', [6 * MIB, 6 * MIB, 17], true],
  ['one part', [3 * MIB], true],
  ['parts of other sizes', [5 * MIB, 7 * MIB, 6 * MIB], false],
])('a multipart object of %s', async (name, sizes, verified) => {
  const body = await upload(name, sizes)
  await using store = createS3Store({
    endpoint: server.url,
    bucket: 'parts',
    credentials: CREDENTIALS,
  })
  const result = await readObject(store, name)
  expect(Buffer.from(result.bytes).equals(body)).toBe(true)
  expect(result.verified).toBe(verified ? 'md5' : undefined)
})

test('millrace get says that it verified one', async () => {
  await writeFile(join(server.home, 'source'), await upload('said', [5 * MIB, 99]))
  const { stdout, stderr } = await runClient(
    process.execPath,
    [MILLRACE, 'get', 's3://parts/said', join(server.home, 'said'), '--endpoint', server.url],
    { env: server.env },
  )
  expect(stdout + stderr).toContain('verified by md5')
})
