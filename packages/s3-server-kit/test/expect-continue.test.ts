import { createHash } from 'node:crypto'
import { signRequest } from '@millrace/sigv4'
import { expect, test } from 'vitest'
import { type KitServer, MILLER, REGION, startKit } from './kit-server.ts'

function head(
  kit: KitServer,
  options: { readonly signed: boolean; readonly length: number },
): string {
  const url = `http://127.0.0.1:${kit.port}/bucket/key`
  const base = { 'content-length': String(options.length) }
  const payloadHash = createHash('sha256').update('x'.repeat(options.length)).digest('hex')
  const { headers } = signRequest({
    method: 'PUT',
    url,
    headers: base,
    payloadHash,
    credentials: MILLER,
    region: REGION,
  })
  const all: Record<string, string> = { ...base, ...headers, expect: '100-continue' }
  if (!options.signed)
    all['authorization'] =
      all['authorization']?.replace(/Signature=.{8}/, 'Signature=00000000') ?? ''
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `PUT /bucket/key HTTP/1.1\r\n${lines.join('')}\r\n`
}

test('100 Continue comes after authentication, when the body is wanted', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  expect(await kit.raw(head(kit, { signed: true, length: 5 }), '\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 100 Continue\r\n\r\n$/,
  )
  const whole = await kit.raw(`${head(kit, { signed: true, length: 5 })}xxxxx`, 'ETag')
  expect(whole.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200'])
})

test('who is refused is never asked to continue, and the connection ends', async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const text = await kit.raw(head(kit, { signed: false, length: 5 }))
  expect(text).toMatch(/^HTTP\/1\.1 403 /)
  expect(text).toMatch(/connection: close/i)
  expect(text).not.toContain('100 Continue')
})

test('an error of the bucket comes without asking for the body', async () => {
  await using kit = await startKit({ authorize: () => true })
  const text = await kit.raw(head(kit, { signed: true, length: 5_000_000 }))
  expect(text).toMatch(/^HTTP\/1\.1 404 /)
})

test('a small body nobody wants is dropped and the connection goes on', async () => {
  await using kit = await startKit({ authorize: ({ operation }) => operation !== 'PutObject' })
  const bytes = `PUT /bucket/key HTTP/1.1\r\nHost: mill\r\nContent-Length: 5\r\n\r\nxxxxx`
  const next = 'GET /bucket/key HTTP/1.1\r\nHost: mill\r\nConnection: close\r\n\r\n'
  const text = await kit.raw(bytes + next)
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 404'])
})

test('a large body nobody wants is not read to its end', { timeout: 30_000 }, async () => {
  await using kit = await startKit({ authorize: () => false })
  const started = Date.now()
  const text = await kit.raw(
    `PUT /bucket/key HTTP/1.1\r\nHost: mill\r\nContent-Length: 5000000000\r\n\r\n${'x'.repeat(100_000)}`,
  )
  expect(text).toMatch(/^HTTP\/1\.1 403 /)
  expect(Date.now() - started).toBeLessThan(8_000)
})
