import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { presignUrl } from '@millrace/sigv4'
import { type Bench, interleave, mbps } from '../driver.ts'
import { cpuSeconds, peakMemory, program, seconds, start } from '../server/processes.ts'

const GIB = 2 ** 30
const LARGE = 4 * GIB
const ROUNDS = 5
const credentials = { accessKeyId: 'BENCHACCESSKEY', secretAccessKey: 'bench-secret-access-key' }

/** GET and PUT of 1 GiB at 4+2, strict, verified, against what the same process and disks do with no work between. */
export const bench: Bench = {
  name: 'server',
  description:
    'GET and PUT of 1 GiB through the reference server, against bare node:http and raw writes',
  async run({ progress, args }) {
    const home = await mkdtemp(join(args[0] ?? tmpdir(), 'millrace-bench-'))
    const bare = await start([program('bare'), String(GIB)], /(\d+)\n/)
    const bin = new URL('../../../examples/reference-server/dist/bin.js', import.meta.url).pathname
    // As its first line and `npm start` run it.
    const command = ['--initial-old-space-size=256', bin, '--port', '0', '--data', home]
    const server = await start(command, /serving S3 at (\S+)/, {
      MILLRACE_ACCESS_KEY_ID: credentials.accessKeyId,
      MILLRACE_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    })
    const sign = (method: string, path: string): string =>
      presignUrl({ method, url: `${server.match}${path}`, region: 'us-east-1', credentials })
    try {
      await fetch(sign('PUT', '/bench'), { method: 'PUT' })
      const get = () => seconds('client', 'get', sign('GET', '/bench/object'), String(GIB))
      const put = () => seconds('client', 'put', sign('PUT', '/bench/object'), String(GIB))
      progress('PUT of 1 GiB against raw writes, both flushed')
      const cpuBefore = cpuSeconds(server.child.pid) ?? 0
      const writes = await interleave(
        {
          put,
          raw: () => seconds('raw-writes', 'direct', home, String(GIB)),
          buffered: () => seconds('raw-writes', 'buffered', home, String(GIB)),
        },
        { rounds: ROUNDS },
      )
      const cpuPut = ((cpuSeconds(server.child.pid) ?? 0) - cpuBefore) / (ROUNDS + 1)
      progress('GET of 1 GiB against bare node:http')
      const cpuMiddle = cpuSeconds(server.child.pid) ?? 0
      const reads = await interleave(
        {
          get,
          bare: () => seconds('client', 'get', `http://127.0.0.1:${bare.match}/`, String(GIB)),
        },
        { rounds: ROUNDS },
      )
      const cpuGet = ((cpuSeconds(server.child.pid) ?? 0) - cpuMiddle) / (ROUNDS + 1)
      progress('PUT and GET of 4 GiB, for the memory they take')
      await seconds('client', 'put', sign('PUT', '/bench/large'), String(LARGE))
      await seconds('client', 'get', sign('GET', '/bench/large'), String(LARGE))
      const memory = peakMemory(server.child.pid)
      const rate = (time: number): number => mbps(GIB, time)
      return {
        rows: [
          { what: 'GET, bare node:http from memory', 'MB/s': rate(reads.bare) },
          { what: 'GET, EC 4+2 verified', 'MB/s': rate(reads.get), 'CPU s/GiB': cpuGet },
          { what: 'PUT, raw O_DIRECT writes of six shard files', 'MB/s': rate(writes.raw) },
          { what: 'PUT, the same buffered and flushed', 'MB/s': rate(writes.buffered) },
          { what: 'PUT, EC 4+2, strict', 'MB/s': rate(writes.put), 'CPU s/GiB': cpuPut },
        ],
        ratios: {
          get: reads.bare / reads.get,
          put: writes.raw / writes.put,
          'put / buffered': writes.buffered / writes.put,
          ...(memory === undefined ? {} : { 'peak memory MB': memory }),
        },
        notes: [
          'MB/s of object data; client, bare server and reference server share the cores.',
          `Peak resident memory of the reference server, 4 GiB objects included: ${Math.round(memory ?? Number.NaN)} MB.`,
        ],
      }
    } finally {
      server.child.kill()
      bare.child.kill()
      await rm(home, { recursive: true, force: true })
    }
  },
}
