import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCredentials } from '@millrace/reference-server'
import { afterEach, beforeEach, expect, test } from 'vitest'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'credentials-'))
})
afterEach(async () => await rm(home, { recursive: true, force: true }))

test('are made once, also by starts at the same moment', async () => {
  const data = join(home, 'data')
  const [one, two] = await Promise.all([findCredentials(data, {}), findCredentials(data, {})])
  expect(one.credentials).toEqual(two.credentials)
  expect([one.source, two.source].toSorted()).toContain('generated')
  expect((await findCredentials(data, {})).source).toBe('kept')
  expect(await readdir(data)).toEqual(['credentials.json'])
  expect((await stat(join(data, 'credentials.json'))).mode & 0o777).toBe(0o600)
  expect(one.credentials.secretAccessKey.length).toBeGreaterThanOrEqual(40)
})

test('come from the environment, where both are set', async () => {
  const environment = { MILLRACE_ACCESS_KEY_ID: 'ME', MILLRACE_SECRET_ACCESS_KEY: 'long enough' }
  expect(await findCredentials(home, environment)).toEqual({
    credentials: { accessKeyId: 'ME', secretAccessKey: 'long enough' },
    source: 'environment',
  })
  expect(await readdir(home)).toEqual([])
  await expect(findCredentials(home, { MILLRACE_SECRET_ACCESS_KEY: 'x' })).rejects.toThrow(
    'or neither',
  )
  await expect(
    findCredentials(home, { MILLRACE_ACCESS_KEY_ID: 'ME', MILLRACE_SECRET_ACCESS_KEY: 'short' }),
  ).rejects.toThrow('at least 8')
})

test.each(['', '{', '{}', 'null'])(
  'a kept file that is damaged is told, not replaced: %j',
  async (text) => {
    await writeFile(join(home, 'credentials.json'), text)
    await expect(findCredentials(home, {})).rejects.toThrow(/credentials.json: mend or remove/)
  },
)
