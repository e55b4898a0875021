import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasClient, runClient } from '../support/clients.ts'
import {
  CREDENTIALS,
  type TestServer,
  noise,
  sha256File,
  startTestServer,
} from '../support/reference-server.ts'

describe.runIf(hasClient('s3cmd'))('s3cmd', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
    await s3cmd('mb', 's3://s3cmd')
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  const s3cmd = async (...args: string[]): Promise<string> => {
    const host = new URL(server.url).host
    const settings = [
      `--access_key=${CREDENTIALS.accessKeyId}`,
      `--secret_key=${CREDENTIALS.secretAccessKey}`,
      `--host=${host}`,
      `--host-bucket=${host}`,
      '--no-ssl',
      '--no-progress',
      '--config=/dev/null',
    ]
    return (await runClient('s3cmd', [...settings, ...args])).stdout
  }

  test.each([
    ['small', 1000],
    ['large', 20 * 1024 * 1024 + 3],
  ])('puts and gets a file: %s', async (name, size) => {
    const source = join(server.home, `source-${name}`)
    const target = join(server.home, `target-${name}`)
    await writeFile(source, noise(size))
    await s3cmd('put', source, `s3://s3cmd/${name} file`)
    await s3cmd('get', `s3://s3cmd/${name} file`, target)
    expect(await sha256File(target)).toBe(await sha256File(source))
  })

  test('lists and deletes', async () => {
    expect(await s3cmd('ls', 's3://s3cmd/')).toContain('small file')
    await s3cmd('del', 's3://s3cmd/small file')
    expect(await s3cmd('ls', 's3://s3cmd/')).not.toContain('small file')
  })
})
