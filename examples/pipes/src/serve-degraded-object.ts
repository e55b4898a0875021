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

/**
 * The route of an app. A client that takes nothing for `idleMs` is cut off: the stripes that wait for it fill slots which
 * others need.
 */
export function serveObjects(bucket: ObjectStore, idleMs = 30_000): Express {
  const app = express()
  app.get('/*key', async (req, res) => {
    // Range is for GET only, and the whole object is always a right answer to If-Range or several ranges (RFC 9110 §14.2).
    const header = req.method === 'GET' && !req.headers['if-range'] ? req.headers.range : undefined
    const [range] = parseRange(header, { maxRanges: 1 }) ?? []
    await using object = await bucket.get(req.params.key.join('/'), range ? { range } : {})
    const { info, range: sent, body } = object
    res.writeHead(range ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-length': sent.end - sent.start,
      'content-type': info.headers.contentType ?? 'application/octet-stream',
      etag: `"${info.etag}"`,
      'last-modified': info.lastModified.toUTCString(),
      ...(range ? { 'content-range': formatContentRange(sent, info.size) } : {}),
    })
    res.setTimeout(idleMs)
    if (req.method === 'HEAD') res.end()
    // Reads as fast as the client takes it. If either side fails, the other one is closed.
    else await writeTo(res)(body)
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

type Failure = Error & { readonly code?: string } & Partial<Pick<ObjectStoreError, 'details'>>

function answerError(error: Failure, _: Request, res: Response, next: NextFunction): void {
  const { code = '', message, details } = error
  const status = STATUSES[code]
  if (res.headersSent) {
    // writeTo has destroyed the connection: half an object must never look whole. That a client left is no news.
    if (code !== 'ERR_BYTE_STREAMS_PREMATURE_CLOSE') console.error(error)
  } else if (status === undefined) {
    next(error)
  } else {
    const size = details?.['size']
    if (status === 416) res.setHeader('content-range', `bytes */${size}`)
    res.writeHead(status).end(`${message}\n`)
  }
}

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) {
  const [port, bucket = '', ...volumes] = process.argv.slice(2)
  if (volumes.length === 0) {
    console.error('Give: PORT BUCKET VOLUMES...')
    process.exit(2)
  }
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
