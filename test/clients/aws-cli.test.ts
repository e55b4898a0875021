import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasClient, runClient } from '../support/clients.ts'
import { type TestServer, noise, sha256File, startTestServer } from '../support/reference-server.ts'

describe.runIf(hasClient('aws'))('AWS CLI', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
    await aws('s3', 'mb', 's3://cli')
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  const aws = async (...args: string[]): Promise<string> =>
    (await runClient('aws', ['--endpoint-url', server.url, ...args], { env: server.env })).stdout

  test.each([
    ['empty', 0],
    ['small', 1000],
    ['of one multipart upload', 20 * 1024 * 1024 + 17],
  ])('copies a file there and back: %s', async (name, size) => {
    const source = join(server.home, `source ${name}`)
    const target = join(server.home, `target ${name}`)
    await writeFile(source, noise(size))
    await aws('s3', 'cp', '--no-progress', source, `s3://cli/${name} + ü.bin`)
    await aws('s3', 'cp', '--no-progress', `s3://cli/${name} + ü.bin`, target)
    expect(await sha256File(target)).toBe(await sha256File(source))
  })

  test('lists, and removes', async () => {
    await writeFile(join(server.home, 'one'), 'one')
    await aws('s3', 'cp', '--no-progress', join(server.home, 'one'), 's3://cli/folder/one')
    expect(await aws('s3', 'ls', 's3://cli/')).toContain('PRE folder/')
    expect(await aws('s3', 'ls', '--recursive', 's3://cli/folder/')).toContain('folder/one')
    await aws('s3', 'rm', 's3://cli/folder/one')
    const listed = JSON.parse(
      (await aws(
        's3api',
        'list-objects-v2',
        '--bucket',
        'cli',
        '--prefix',
        'folder/',
        '--output',
        'json',
      )) || '{}',
    ) as { Contents?: unknown }
    expect(listed.Contents).toBeUndefined()
  })

  test('syncs a folder both ways', async () => {
    const from = join(server.home, 'from')
    const to = join(server.home, 'to')
    await mkdir(join(from, 'deep', 'er'), { recursive: true })
    await writeFile(join(from, 'a.txt'), 'a')
    await writeFile(join(from, 'deep', 'er', 'b c.txt'), 'b')
    await aws('s3', 'sync', '--no-progress', from, 's3://cli/sync')
    await aws('s3', 'sync', '--no-progress', 's3://cli/sync', to)
    expect(await readFile(join(to, 'deep', 'er', 'b c.txt'), 'utf8')).toBe('b')
  })

  test('refuses a wrong secret', async () => {
    const refused = runClient('aws', ['--endpoint-url', server.url, 's3', 'ls', 's3://cli'], {
      env: { ...server.env, AWS_SECRET_ACCESS_KEY: 'wrong' },
    })
    await expect(refused).rejects.toThrow('SignatureDoesNotMatch')
  })
})
