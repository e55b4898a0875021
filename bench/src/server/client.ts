// The lightest client there is: one socket, one reused buffer. `node client.js get|put URL BYTES` prints seconds.
import { connect } from 'node:net'

const [verb, address, count] = process.argv.slice(2)
const url = new URL(address ?? '')
const bytes = Number(count)
const BLOCK = Buffer.alloc(1 << 20, 'millrace')

const started = process.hrtime.bigint()
let received = 0
let head = ''
let bodyStart = -1

function finish(): void {
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  const status = Number(head.split(' ')[1])
  if (status !== 200) {
    console.error(head)
    process.exit(1)
  }
  console.log(String(seconds))
  process.exit(0)
}

const socket = connect({
  host: url.hostname,
  port: Number(url.port),
  onread: {
    buffer: Buffer.alloc(1 << 20),
    callback(length, buffer) {
      if (bodyStart < 0) {
        head += Buffer.from(buffer.buffer, buffer.byteOffset, length).toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return true
        bodyStart = end + 4
        received = head.length - bodyStart
      } else {
        received += length
      }
      if (verb === 'put' || received >= bytes) finish()
      return true
    },
  },
})
socket.on('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
socket.on('close', () => {
  console.error(`Connection closed after ${received} of ${bytes} bytes`)
  process.exit(1)
})
const method = verb === 'put' ? 'PUT' : 'GET'
const length = verb === 'put' ? `content-length: ${bytes}\r\n` : ''
socket.write(
  `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${length}\r\n`,
)
if (verb === 'put') {
  for (let sent = 0; sent < bytes; ) {
    const block = BLOCK.subarray(0, Math.min(BLOCK.length, bytes - sent))
    sent += block.length
    if (!socket.write(block)) await new Promise((resolve) => socket.once('drain', resolve))
  }
}
