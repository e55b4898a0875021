import type { IncomingMessage } from 'node:http'

/** An unread rest of a request up to this many bytes is read and dropped, so that the connection can go on. */
export const DROPPED_REST = 65_536

/** How much is read and how long, in milliseconds, before a connection with an unread body is closed. */
export const LINGER_BYTES = 1_048_576
export const LINGER_MS = 1000

/**
 * Says whether the connection has to be closed after an answer that leaves the request's body unread: because much of it may
 * be on its way, or because the client still waits to be told to send it.
 */
export function closesAfter(req: IncomingMessage, expectsContinue: boolean): boolean {
  if (req.complete) return false
  const length = req.headers['content-length']
  if (length === undefined) return req.headers['transfer-encoding'] !== undefined
  if (Number(length) === 0) return false
  return Number(length) > DROPPED_REST || (expectsContinue && !hasContinued(req))
}

function hasContinued(req: IncomingMessage): boolean {
  return req.readableDidRead
}

/** Reads and drops what is left of a body, so that the next request on the connection can be read. */
export function endUnread(req: IncomingMessage): void {
  req.on('error', ignore)
  req.resume()
}

/**
 * Reads a little more of a body nobody wants, so that the client gets to read the answer before the connection is reset.
 */
export function linger(req: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = LINGER_BYTES
    const done = (): void => {
      clearTimeout(timer)
      req.off('data', onData)
      req.off('end', done)
      req.off('close', done)
      resolve()
    }
    const onData = (chunk: Uint8Array): void => {
      left -= chunk.byteLength
      if (left <= 0) done()
    }
    const timer = setTimeout(done, LINGER_MS)
    req.on('error', ignore)
    req.on('end', done)
    req.on('close', done)
    req.on('data', onData)
    if (req.destroyed) done()
  })
}

function ignore(): void {
  // The client breaking off a body that nobody reads is no news.
}
