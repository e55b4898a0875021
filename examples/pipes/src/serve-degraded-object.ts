// Serves the objects of a bucket on erasure-coded volumes by Express, also while two of the six volumes are gone.
//
//   npm start                                  (the reference server: put something into a bucket, then stop it)
//   rm -r data/volume-2 data/volume-5
//   node examples/pipes/dist/serve-degraded-object.js 8080 my-bucket data/volume-{1,2,3,4,5,6}
//   curl --range 0-99 http://127.0.0.1:8080/photo.jpg

import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { writeTo } from '@millrace/byte-streams/node'
import { openErasureStore } from '@millrace/erasure-store'
import type { ObjectStore, ObjectStoreError } from '@millrace/object-store'
import { formatContentRange, parseRange } from '@millrace/range-planner'
import { openWorkerLanes } from '@millrace/worker-lanes'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'

/** A client that takes nothing for so long is cut off: the stripes that wait for it fill slots that others need. */
const IDLE_MS = 30_000

export function serveObjects(bucket: ObjectStore, options: { idleMs?: number } = {}): Express {
  const app = express()
  app.get('/*key', async (req, res) => {
    const key = req.params.key.join('/')
    // The whole object is a right answer to several ranges and to any If-Range (RFC 9110 §14.2), and HEAD has none.
    const [range, ...more] = (req.method === 'GET' && parseRange(req.headers.range)) || []
    const partial = range !== undefined && more.length === 0 && !req.headers['if-range']
    await using object = await bucket.get(key, partial ? { range } : {})
    const { info, range: sent } = object
    res.writeHead(partial ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-length': sent.end - sent.start,
      'content-type': info.headers.contentType ?? 'application/octet-stream',
      etag: `"${info.etag}"`,
      'last-modified': info.lastModified.toUTCString(),
      ...(partial ? { 'content-range': formatContentRange(sent, info.size) } : {}),
    })
    res.setTimeout(options.idleMs ?? IDLE_MS)
    if (req.method === 'HEAD') res.end()
    // Reads as fast as the client takes it. If either side fails, the other one is closed.
    else await writeTo(res)(object.body)
  })
  app.use(answerError)
  return app
}

const STATUSES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  RANGE_NOT_SATISFIABLE: 416,
  UNAVAILABLE: 503,
}

function answerError(error: ObjectStoreError, _: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) {
    // writeTo has destroyed the connection: half an object must never look whole. A client that left is no news.
    if (`${error.code}` !== 'ERR_BYTE_STREAMS_PREMATURE_CLOSE') console.error(error)
    return
  }
  const status = STATUSES[error.code]
  if (status === undefined) return next(error)
  if (status === 416) {
    res.setHeader('content-range', formatContentRange(undefined, Number(error.details['size'])))
  }
  res.statusCode = status
  res.end(`${error.message}\n`)
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const [port, bucket = '', ...volumes] = process.argv.slice(2)
  await using lanes = openWorkerLanes({ scheme: { k: 4, m: 2 } })
  const onWarning = ({ reason }: { reason: string }): void => console.warn(reason)
  await using store = await openErasureStore({ volumes, lanes, onWarning })
  const server = serveObjects(await store.openBucket(bucket)).listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  console.log(`Serving ${bucket} on http://127.0.0.1:${port}, Ctrl-C to stop`)
  await once(process, 'SIGINT')
  server.close()
  server.closeAllConnections()
}
