import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { presignUrl } from '@millrace/sigv4'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CREDENTIALS, noise, startTestServer, type TestServer } from './support/reference-server.ts'

const MIB = 1024 * 1024

let server: TestServer
let stalled: Socket[]
beforeEach(async () => {
  // Eight slots for everybody: a few clients are as many as hundreds are to a whole server.
  server = await startTestServer({ memory: 8 * 1.5 * MIB })
  await server.running.store.createBucket('shared')
  const bucket = await server.running.store.openBucket('shared')
  await bucket.put('large', [noise(64 * MIB)])
  await bucket.put('small', [Buffer.from('small')])
  stalled = []
})
afterEach(async () => {
  for (const socket of stalled) socket.destroy()
  await server[Symbol.asyncDispose]()
})

function sign(method: string, key: string): URL {
  const url = `${server.url}/shared/${key}`
  return new URL(presignUrl({ method, url, region: 'us-east-1', credentials: CREDENTIALS }))
}

async function stall(url: URL, head: string, body?: Buffer): Promise<void> {
  const socket = connect(Number(url.port), url.hostname)
  stalled.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(`${head} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`)
  if (body === undefined) socket.write('\r\n')
  else socket.write(Buffer.concat([Buffer.from(`content-length: ${64 * MIB}\r\n\r\n`), body]))
}

const smallIsAnswered = async (): Promise<void> => {
  const answer = await fetch(sign('GET', 'small'), { signal: AbortSignal.timeout(15_000) })
  expect(await answer.text()).toBe('small')
}

test('clients that ask for much and read nothing do not keep others waiting', async () => {
  for (let i = 0; i < 24; i++) await stall(sign('GET', 'large'), 'GET')
  for (let i = 0; i < 3; i++) await smallIsAnswered()
})

test('clients that begin to send and stop do not keep others waiting', async () => {
  for (let i = 0; i < 24; i++) await stall(sign('PUT', `upload-${i}`), 'PUT', noise(100_000))
  for (let i = 0; i < 3; i++) await smallIsAnswered()
})
