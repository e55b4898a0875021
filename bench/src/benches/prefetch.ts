import { type AddressInfo, createServer } from 'node:net'
import { prefetch } from '@millrace/prefetch-pipe'
import { type Dispatcher, Pool } from 'undici'
import { type Bench, type Contender, interleave, mbps, type Row } from '../driver.ts'

const CHUNK = 64 * 1024
const BUDGET = 16 * 1024 * 1024
const CONNECTIONS = 64
const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** Milliseconds before each answer, chunks per run, and counted rounds: short runs are repeated more often. */
const PLAN: readonly {
  readonly latency: number
  readonly chunks: number
  readonly rounds: number
}[] = [
  { latency: 0, chunks: 1024, rounds: 11 },
  { latency: 5, chunks: 384, rounds: 3 },
  { latency: 10, chunks: 384, rounds: 3 },
  { latency: 20, chunks: 384, rounds: 3 },
]

interface Span {
  readonly start: number
  readonly end: number
}

type FetchSpan = (
  span: Span,
  context: { readonly signal: AbortSignal; readonly offset: number },
) => Promise<Iterable<Uint8Array>>

/**
 * The same in-process server for all contenders, as light as a volume server's mock can be, for what it costs is not what
 * is measured: it looks for the end of each request's head and answers with 64 KiB in one write. Without latency it
 * answers at once, with no timer between.
 */
async function serve(latency: number): Promise<{ origin: string; close(): void }> {
  const head = `HTTP/1.1 206 Partial Content\r\ncontent-length: ${CHUNK}\r\n\r\n`
  const whole = Buffer.concat([Buffer.from(head), Buffer.alloc(CHUNK, 'millrace')])
  const server = createServer({ noDelay: true }, (socket) => {
    const answer = (): void => {
      if (!socket.destroyed) socket.write(whole)
    }
    let matched = 0
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      for (const byte of bytes) {
        matched = byte === END_OF_HEAD[matched] ? matched + 1 : byte === END_OF_HEAD[0] ? 1 : 0
        if (matched < END_OF_HEAD.length) continue
        matched = 0
        if (latency > 0) setTimeout(answer, latency)
        else answer()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/** What came, then what went wrong: a broken answer keeps its bytes, so that it can be resumed. */
function* replay(chunks: readonly Uint8Array[], failure: unknown): Iterable<Uint8Array> {
  yield* chunks
  throw failure
}

/** undici's lowest layer: no Node stream, no Web stream, one promise per span. */
function spanFetcher(dispatcher: Dispatcher): FetchSpan {
  return ({ start, end }, { signal, offset }) =>
    new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = []
      let onAbort: (() => void) | undefined
      const over = (): void => {
        if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
      }
      dispatcher.dispatch(
        {
          path: '/object',
          method: 'GET',
          headers: ['range', `bytes=${start + offset}-${end - 1}`],
        },
        {
          onConnect(abort) {
            if (signal.aborted) return abort(signal.reason as Error)
            onAbort = () => abort(signal.reason as Error)
            signal.addEventListener('abort', onAbort)
          },
          onHeaders(status) {
            if (status !== 206)
              throw new Error(`Server answered without the range: status ${status}`)
            return true
          },
          onData(chunk) {
            chunks.push(chunk)
            return true
          },
          onComplete() {
            over()
            resolve(chunks)
          },
          onError(error) {
            over()
            if (chunks.length === 0) reject(error)
            else resolve(replay(chunks, error))
          },
        },
      )
    })
}

async function sequential(spans: readonly Span[], fetch: FetchSpan): Promise<void> {
  const { signal } = new AbortController()
  let bytes = 0
  for (const span of spans) {
    for (const chunk of await fetch(span, { signal, offset: 0 })) bytes += chunk.length
  }
  check(bytes, spans)
}

async function ahead(
  spans: readonly Span[],
  fetch: FetchSpan,
  depth: number | 'adaptive',
  ended: (peak: number, depth: number) => void,
): Promise<void> {
  const stream = prefetch(spans, { fetch, depth, budget: BUDGET })
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.length
  check(bytes, spans)
  const { peakBuffered, depth: last } = stream.stats()
  ended(peakBuffered, last)
}

function check(bytes: number, spans: readonly Span[]): void {
  const expected = spans.length * CHUNK
  if (bytes !== expected) throw new Error(`Lost bytes: ${bytes} of ${expected}`)
}

export const bench: Bench = {
  name: 'prefetch',
  description:
    'SeaweedFS table: 64 KiB chunks over HTTP, client and server in one event loop, against one request at a time',
  async run(context) {
    const rows: Row[] = []
    const ratios: Record<string, number> = {}
    let peakOfAll = 0
    for (const { latency, chunks, rounds } of PLAN) {
      context.progress(`${latency} ms: ${rounds} rounds of ${chunks} chunks`)
      const server = await serve(latency)
      const pool = new Pool(server.origin, { connections: CONNECTIONS, pipelining: 1 })
      const fetch = spanFetcher(pool)
      const spans = Array.from({ length: chunks }, (_, i) => ({
        start: i * CHUNK,
        end: (i + 1) * CHUNK,
      }))
      const peaks = { depth4: 0, adaptive: 0 }
      const deepest = { depth: 0 }
      // Without latency what counts is processor time: each contender first collects what the one before left behind.
      const settling = latency === 0 ? spans.slice(0, 256) : []
      const timed =
        (work: (spans: readonly Span[]) => Promise<void>): Contender =>
        async () => {
          if (settling.length > 0) await work(settling)
          const start = performance.now()
          await work(spans)
          return (performance.now() - start) / 1000
        }
      const contenders: Record<'sequential' | 'depth4' | 'adaptive', Contender> = {
        sequential: timed((some) => sequential(some, fetch)),
        depth4: timed((some) =>
          ahead(some, fetch, 4, (peak) => {
            peaks.depth4 = Math.max(peaks.depth4, peak)
          }),
        ),
        adaptive: timed((some) =>
          ahead(some, fetch, 'adaptive', (peak, depth) => {
            peaks.adaptive = Math.max(peaks.adaptive, peak)
            deepest.depth = Math.max(deepest.depth, depth)
          }),
        ),
      }
      const seconds = await interleave(contenders, { rounds, warmups: latency === 0 ? 3 : 1 })
      const rate = (time: number): number => mbps(chunks * CHUNK, time)
      ratios[`depth4 ${latency}ms`] = seconds.sequential / seconds.depth4
      ratios[`adaptive ${latency}ms`] = seconds.sequential / seconds.adaptive
      peakOfAll = Math.max(peakOfAll, peaks.depth4, peaks.adaptive)
      rows.push({
        'latency ms': latency,
        'sequential MB/s': rate(seconds.sequential),
        'depth 4 MB/s': rate(seconds.depth4),
        'adaptive MB/s': rate(seconds.adaptive),
        'depth4 peak KiB': Math.round(peaks.depth4 / 1024),
        'adaptive peak KiB': Math.round(peaks.adaptive / 1024),
        'adaptive depth': deepest.depth,
      })
      await pool.close()
      server.close()
    }
    return {
      rows,
      ratios,
      notes: [
        `Peak of bytes held: ${peakOfAll.toLocaleString('en-US')} of ${BUDGET.toLocaleString('en-US')}`,
        'At 0 ms four in flight wake the event loop less often (0.75 epoll_pwait calls a chunk against 2.0, by strace), but',
        'parsing, copying and collecting garbage cost the same for each chunk, and one thread does them all.',
        'SeaweedFS at depth 4 (Go, several cores): 2.2, 3.8, 4.0, 3.9 at 0, 5, 10, 20 ms',
      ],
    }
  },
}
