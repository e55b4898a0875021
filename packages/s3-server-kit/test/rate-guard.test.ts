import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { startKit } from './kit-server.ts'

test('a client that sends a byte now and then is let go, and nothing is stored', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    await using kit = await startKit({ authorize: () => true, minBytesPerSecond: 100 })
    await kit.registry.createBucket('bucket')
    const socket = connect(kit.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => {})
    socket.write('PUT /bucket/key HTTP/1.1\r\nHost: mill\r\nContent-Length: 1000\r\n\r\nx')
    await new Promise((resolve) => setTimeout(resolve, 100))
    vi.advanceTimersByTime(31_000)
    await closed
    expect((await kit.send('HEAD', '/bucket/key')).status).toBe(404)
  } finally {
    vi.useRealTimers()
  }
})
