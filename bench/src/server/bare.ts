// What node:http can do with no work behind it: serves BYTES from memory, in blocks of 1 MiB. Prints its port.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const bytes = Number(process.argv[2])
const block = Buffer.alloc(1 << 20, 'millrace')

const server = createServer((_, res) => {
  res.writeHead(200, { 'content-length': bytes })
  void (async () => {
    for (let sent = 0; sent < bytes; sent += block.length) {
      const rest = bytes - sent
      if (!res.write(rest >= block.length ? block : block.subarray(0, rest))) {
        await once(res, 'drain')
      }
    }
    res.end()
  })()
})
server.listen(0, '127.0.0.1', () => console.log(String((server.address() as AddressInfo).port)))
