import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasClient, runClient } from './support/clients.ts'
import {
  CREDENTIALS,
  type TestServer,
  noise,
  sha256File,
  shardFiles,
  startTestServer,
} from './support/reference-server.ts'

const MILLRACE = new URL('../examples/downloader/dist/bin.js', import.meta.url).pathname

describe('a real file through the reference server', () => {
  let server: TestServer
  let file: string
  let hash: string
  const curlAuth = [
    '--aws-sigv4',
    'aws:amz:us-east-1:s3',
    '--user',
    `${CREDENTIALS.accessKeyId}:${CREDENTIALS.secretAccessKey}`,
    // curl signs a payload's hash only from 8.6 on.
    '-H',
    'x-amz-content-sha256: UNSIGNED-PAYLOAD',
  ]

  beforeAll(async () => {
    server = await startTestServer()
    file = join(server.home, 'original.bin')
    await writeFile(file, noise(48 * 1024 * 1024 + 12_345))
    hash = await sha256File(file)
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  const download = async (name: string): Promise<string> => {
    const target = join(server.home, name)
    await runClient('curl', ['-sSf', ...curlAuth, '-o', target, `${server.url}/files/original.bin`])
    return await sha256File(target)
  }
  const get = async (name: string): Promise<string> => {
    const target = join(server.home, name)
    await runClient(
      process.execPath,
      [MILLRACE, 'get', 's3://files/original.bin', target, '--endpoint', server.url, '--quiet'],
      { env: server.env },
    )
    return await sha256File(target)
  }

  test.runIf(hasClient('curl'))('curl uploads it, and a shard lies on each volume', async () => {
    await runClient('curl', ['-sSf', ...curlAuth, '-X', 'PUT', `${server.url}/files`])
    await runClient('curl', ['-sSf', ...curlAuth, '-T', file, `${server.url}/files/original.bin`])
    for (const volume of server.volumes) expect(await shardFiles(volume)).toHaveLength(1)
  })

  test.runIf(hasClient('curl'))('it comes back whole, by curl and by millrace get', async () => {
    expect(await download('healthy-curl')).toBe(hash)
    expect(await get('healthy-millrace')).toBe(hash)
  })

  test.runIf(hasClient('curl'))('and with two volumes deleted while the server runs', async () => {
    await rm(server.volumes[0] as string, { recursive: true })
    await rm(server.volumes[3] as string, { recursive: true })
    expect(await download('degraded-curl')).toBe(hash)
    expect(await get('degraded-millrace')).toBe(hash)
  })

  test.runIf(hasClient('curl'))('and after a restart without them', async () => {
    await server.restart()
    expect(await download('restarted-curl')).toBe(hash)
    expect(await get('restarted-millrace')).toBe(hash)
    const range = await runClient('curl', [
      '-sSf',
      ...curlAuth,
      '-r',
      '1048570-1048585',
      '-w',
      '%{http_code} %{size_download}',
      '-o',
      '/dev/null',
      `${server.url}/files/original.bin`,
    ])
    expect(range.stdout).toBe('206 16')
  })

  test.runIf(hasClient('curl'))('a third lost volume is an error, never wrong bytes', async () => {
    await rm(server.volumes[5] as string, { recursive: true })
    const answer = await runClient('curl', [
      '-sS',
      ...curlAuth,
      '-w',
      '%{http_code}',
      '-o',
      '/dev/null',
      `${server.url}/files/original.bin`,
    ])
    expect(answer.stdout).toBe('503')
  })
})
