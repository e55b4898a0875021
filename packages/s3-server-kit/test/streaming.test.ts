import { connect } from 'node:net'
import { createMemoryRegistry, type GetResult, type BucketRegistry } from '@millrace/object-store'
import {
  type BufferPool,
  createBufferPool,
  type Lease,
  toLeaseStream,
} from '@millrace/pooled-buffers'
import { MAX_WRITES_IN_FLIGHT } from '@millrace/s3-server-kit'
import { expect, test } from 'vitest'
import { type KitServer, startKit } from './kit-server.ts'

const SLOT = 256 * 1024

/** A registry whose only object is `slots` slots long and comes as leases. */
async function leasing(
  pool: BufferPool,
  slots: number,
  given: { readonly after?: number; readonly error?: Error; readonly extra?: boolean } = {},
): Promise<{ registry: BucketRegistry; disposed: () => number }> {
  const base = createMemoryRegistry()
  await base.createBucket('bucket', { owner: 'miller-id' })
  const store = await base.openBucket('bucket')
  await store.put('key', [Buffer.from('x')])
  const info = { ...(await store.head('key')), size: slots * SLOT }
  let disposed = 0
  const leases = async function* (signal: AbortSignal | undefined): AsyncGenerator<Lease> {
    for (let i = 0; i < slots + (given.extra === true ? 1 : 0); i++) {
      if (i === given.after) {
        if (given.error !== undefined) throw given.error
        return
      }
      const lease = await pool.acquire(signal === undefined ? {} : { signal })
      lease.bytes.fill(i)
      yield lease
    }
  }
  const get = async (_key: string, options: { signal?: AbortSignal } = {}): Promise<GetResult> => ({
    info,
    range: { start: 0, end: info.size },
    body: toLeaseStream(() => leases(options.signal)),
    [Symbol.asyncDispose]: async () => {
      disposed++
    },
  })
  return {
    registry: { ...base, openBucket: async () => ({ ...store, get }) },
    disposed: () => disposed,
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(condition()).toBe(true)
}

const open = (registry: BucketRegistry): Promise<KitServer> =>
  startKit({ registry, authorize: () => true })
const REQUEST = 'GET /bucket/key HTTP/1.1\r\nHost: mill\r\n\r\n'

test('leased slots go to the socket and back to their pool', async () => {
  const pool = createBufferPool({ slotSize: SLOT, slots: 3 })
  const { registry, disposed } = await leasing(pool, 20)
  await using kit = await open(registry)
  const { body } = await kit.send('GET', '/bucket/key')
  expect(body.byteLength).toBe(20 * SLOT)
  for (let i = 0; i < 20; i++)
    expect(body.subarray(i * SLOT, (i + 1) * SLOT).every((byte) => byte === i)).toBe(true)
  expect([pool.available, disposed()]).toEqual([3, 1])
})

test('a client that stops reading holds only its slots, and frees them when it goes', async () => {
  const pool = createBufferPool({ slotSize: SLOT, slots: 32 })
  const { registry, disposed } = await leasing(pool, 1000)
  await using kit = await open(registry)
  const socket = connect(kit.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  socket.write(REQUEST)
  await until(() => pool.available === 32 - MAX_WRITES_IN_FLIGHT)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(pool.available).toBe(32 - MAX_WRITES_IN_FLIGHT)
  socket.destroy()
  await until(() => pool.available === 32 && disposed() === 1)
  expect(kit.errors).toEqual([])
})

test('a client that stops reading for too long is let go', async () => {
  const pool = createBufferPool({ slotSize: SLOT, slots: 8 })
  const { registry, disposed } = await leasing(pool, 1000)
  await using kit = await startKit({
    registry,
    authorize: () => true,
    limits: { idleTimeoutMs: 200 },
  })
  const socket = connect(kit.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  socket.write(REQUEST)
  await until(() => disposed() === 1)
  expect(pool.available).toBe(8)
  socket.destroy()
})

test.each([
  ['breaks off', { after: 5, error: new Error('volume gone') }],
  ['ends too early', { after: 5 }],
  ['gives too much', { extra: true }],
])('a body that %s never seems to have ended well', async (_name, given) => {
  const pool = createBufferPool({ slotSize: SLOT, slots: 4 })
  const { registry, disposed } = await leasing(pool, 10, given)
  await using kit = await open(registry)
  if ('extra' in given) await kit.raw(REQUEST)
  else await expect(kit.send('GET', '/bucket/key')).rejects.toThrow(/aborted|ECONNRESET/)
  await until(() => pool.available === 4 && disposed() === 1)
  expect(kit.errors).toHaveLength(1)
})

test('an error before the first byte is an answer', async () => {
  const pool = createBufferPool({ slotSize: SLOT, slots: 4 })
  const { registry } = await leasing(pool, 10, { after: 0, error: new Error('secret path /mnt/a') })
  await using kit = await open(registry)
  const answer = await kit.send('GET', '/bucket/key')
  expect([answer.status, answer.code]).toEqual([500, 'InternalError'])
  expect(answer.text).not.toContain('/mnt')
})

test('HEAD opens no body', async () => {
  const pool = createBufferPool({ slotSize: SLOT, slots: 1 })
  const { registry, disposed } = await leasing(pool, 10)
  await using kit = await open(registry)
  expect(await kit.send('HEAD', '/bucket/key')).toMatchObject({ status: 200, text: '' })
  expect([pool.available, disposed()]).toEqual([1, 0])
})

test('a client that leaves while it sends frees everything, and stores nothing', async () => {
  await using kit = await startKit({ authorize: () => true })
  await kit.registry.createBucket('bucket')
  const socket = connect(kit.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('PUT /bucket/key HTTP/1.1\r\nHost: mill\r\nContent-Length: 1000000\r\n\r\nxxxx')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await kit.send('HEAD', '/bucket/key')).status).toBe(404)
  expect(kit.errors).toEqual([])
})

test('memory stays flat while a large body is refused for its digest', {
  timeout: 60_000,
}, async () => {
  await using kit = await startKit()
  await kit.send('PUT', '/bucket')
  const answer = await kit.send('PUT', '/bucket/key', {
    body: Buffer.alloc(32 * 1024 * 1024),
    payload: 'unsigned',
    headers: { 'x-amz-checksum-crc32': 'AAAAAA==' },
  })
  expect(answer.code).toBe('BadDigest')
})
