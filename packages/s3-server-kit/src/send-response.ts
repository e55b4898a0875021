import type { ServerResponse } from 'node:http'
import type { S3Response } from '@millrace/s3-protocol'
import { ClientGoneError } from './errors.ts'
import type { RateGuard } from './rate-guard.ts'
import { sendBody } from './send-body.ts'

/** Documents up to this many characters are sent whole, with their length. */
export const WHOLE_DOCUMENT = 65_536

/**
 * Sends an answer. Errors before the head is out leave the response untouched, so that an error can be answered instead.
 *
 * @param res - nothing has been written to it
 * @param response - what to send
 * @param head - names and values of headers that every answer has
 * @param guard - watches a client that takes its time
 */
export async function sendResponse(
  res: ServerResponse,
  response: S3Response,
  head: readonly string[],
  guard: RateGuard,
): Promise<void> {
  const { status, headers, document, text, body } = response
  headers.push(...head)
  if (document !== undefined) return sendDocument(res, status, headers, document)
  if (body !== undefined) {
    const begin = (): void => {
      res.writeHead(status, headers)
    }
    await sendBody(res, body, { length: response.bodyLength ?? 0, begin, guard })
    return
  }
  res.writeHead(status, headers)
  if (text === undefined) res.end()
  else res.end(text)
}

async function sendDocument(
  res: ServerResponse,
  status: number,
  headers: string[],
  document: AsyncGenerator<string, void, undefined>,
): Promise<void> {
  let pending = ''
  let started = false
  for await (const piece of document) {
    pending += piece
    if (pending.length < WHOLE_DOCUMENT && !started) continue
    if (!started) res.writeHead(status, headers)
    started = true
    const keepsUp = res.write(pending)
    pending = ''
    if (!keepsUp) await drained(res)
  }
  if (started) {
    res.end(pending)
    return
  }
  headers.push('Content-Length', String(Buffer.byteLength(pending)))
  res.writeHead(status, headers)
  res.end(pending)
}

function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      res.off('drain', onDrain)
      res.off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = (): void => settle()
    const onClose = (): void => settle(new ClientGoneError())
    if (res.destroyed) {
      reject(new ClientGoneError())
      return
    }
    res.on('drain', onDrain)
    res.on('close', onClose)
  })
}
