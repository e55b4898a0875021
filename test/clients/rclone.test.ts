import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasClient, runClient } from '../support/clients.ts'
import { type TestServer, noise, startTestServer } from '../support/reference-server.ts'

describe.runIf(hasClient('rclone'))('rclone', () => {
  let server: TestServer
  let folder: string
  beforeAll(async () => {
    server = await startTestServer()
    folder = join(server.home, 'folder')
    await writeFile(join(server.home, 'rclone.conf'), '')
    await mkdir(join(folder, 'sub folder'), { recursive: true })
    await writeFile(join(folder, 'empty'), '')
    await writeFile(join(folder, 'sub folder', 'plus+ü.bin'), noise(300_000))
    await writeFile(join(folder, 'large.bin'), noise(24 * 1024 * 1024 + 1))
    await rclone('mkdir', 'millrace:rclone')
  })
  afterAll(async () => await server[Symbol.asyncDispose]())

  const rclone = async (...args: string[]): Promise<string> => {
    const env = {
      ...server.env,
      RCLONE_CONFIG: join(server.home, 'rclone.conf'),
      RCLONE_CONFIG_MILLRACE_TYPE: 's3',
      RCLONE_CONFIG_MILLRACE_PROVIDER: 'Other',
      RCLONE_CONFIG_MILLRACE_ENV_AUTH: 'true',
      RCLONE_CONFIG_MILLRACE_ENDPOINT: server.url,
      RCLONE_S3_UPLOAD_CUTOFF: '10M',
      RCLONE_S3_CHUNK_SIZE: '5M',
      RCLONE_RETRIES: '1',
    }
    const { stdout, stderr } = await runClient('rclone', args, { env })
    return stdout + stderr
  }

  test('copies a folder, and finds it equal by its checksums', async () => {
    await rclone('copy', folder, 'millrace:rclone/copy')
    expect(await rclone('check', folder, 'millrace:rclone/copy')).toContain('0 differences found')
    expect(await rclone('check', '--download', folder, 'millrace:rclone/copy')).toContain(
      '0 differences found',
    )
  })

  test('syncs: what is gone here goes there', async () => {
    await rclone('sync', join(folder, 'sub folder'), 'millrace:rclone/copy')
    expect((await rclone('lsf', '-R', 'millrace:rclone/copy')).trim()).toBe('plus+ü.bin')
  })
})
