import type { ServerResponse } from 'node:http'
import type { ByteStream } from '@millrace/byte-streams'
import type { Lease, LeaseStream } from '@millrace/pooled-buffers'
import { BodyLengthError, ClientGoneError } from './errors.ts'
import type { RateGuard, Transfer } from './rate-guard.ts'

/** Writes that may be under way on one socket: enough to keep it busy, few enough that a client who stops holds little. */
export const MAX_WRITES_IN_FLIGHT = 4

/** How {@link sendBody} goes about it. */
export interface SendBodyOptions {
  /** Bytes of the body. */
  readonly length: number
  /** Writes the head, with Content-Length, when the first bytes are at hand: what fails before can still be answered. */
  readonly begin: () => void
  /** Destroys the socket of a client that takes too little. */
  readonly guard: RateGuard
}

/**
 * Sends a body of known length. Leased slots go to the socket as they are and back to their pool when the kernel has them.
 *
 * @param res - the head has not been written yet
 * @param body - exactly `length` bytes
 * @param options - see {@link SendBodyOptions}
 * @throws {BodyLengthError} where the store gives another number of bytes: then the socket has to be destroyed
 * @throws {ClientGoneError} where the client has gone; every lease has been released by then
 */
export async function sendBody(
  res: ServerResponse,
  body: ByteStream | LeaseStream,
  options: SendBodyOptions,
): Promise<void> {
  if ('leases' in body) return sendLeases(res, body.leases(), options)
  const { length, begin, guard } = options
  let writer: Writer | undefined
  let sent = 0
  try {
    for await (const chunk of body) {
      if (chunk.byteLength === 0) continue
      const first = sent === 0
      sent += chunk.byteLength
      if (sent > length) throw new BodyLengthError(length, sent)
      if (first) begin()
      if (sent === length) {
        // The whole body, or the last of it: nobody has to wait for the socket.
        res.end(chunk)
        continue
      }
      writer ??= createWriter(res, guard)
      await writer.write(chunk, undefined)
    }
    if (sent !== length) throw new BodyLengthError(length, sent)
    if (sent === 0) begin()
    if (!res.writableEnded) res.end()
  } finally {
    writer?.close()
  }
}

async function sendLeases(
  res: ServerResponse,
  leases: AsyncIterable<Lease>,
  { length, begin, guard }: SendBodyOptions,
): Promise<void> {
  const writer = createWriter(res, guard)
  let sent = 0
  try {
    for await (const lease of leases) {
      if (lease.bytes.byteLength === 0) {
        lease.release()
        continue
      }
      const first = sent === 0
      sent += lease.bytes.byteLength
      if (sent > length) {
        lease.release()
        throw new BodyLengthError(length, sent)
      }
      if (first) begin()
      await writer.write(lease.bytes, lease)
    }
    if (sent !== length) throw new BodyLengthError(length, sent)
    if (sent === 0) begin()
    res.end()
    await writer.drained()
  } finally {
    writer.close()
  }
}

interface Writer {
  /** Takes the lease over. Resolves when there is room for another write. */
  write(bytes: Uint8Array, lease: Lease | undefined): Promise<void> | undefined
  drained(): Promise<void> | undefined
  close(): void
}

function createWriter(res: ServerResponse, guard: RateGuard): Writer {
  // Writes end in the order they began, so one queue and one callback serve them all.
  const held: { readonly lease: Lease | undefined; readonly length: number }[] = []
  let gone = res.destroyed
  let limit = MAX_WRITES_IN_FLIGHT
  let wake: (() => void) | undefined
  let refuse: ((error: Error) => void) | undefined
  // A body that goes out in one piece never comes here, and needs no watching.
  let transfer: Transfer | undefined

  const onWritten = (error?: Error | null): void => {
    if (gone) return
    if (error) {
      onClose()
      return
    }
    const written = held.shift()
    written?.lease?.release()
    if (transfer !== undefined) {
      transfer.bytes += written?.length ?? 0
      transfer.waiting = held.length > 0
    }
    if (held.length < limit) wake?.()
  }
  const onClose = (): void => {
    gone = true
    for (const { lease } of held.splice(0)) lease?.release()
    refuse?.(new ClientGoneError())
  }
  res.on('close', onClose)
  const room = (below: number): Promise<void> | undefined => {
    if (gone) throw new ClientGoneError()
    if (held.length < below) return undefined
    limit = below
    return new Promise<void>((resolve, reject) => {
      wake = resolve
      refuse = reject
    })
  }
  return {
    write(bytes, lease) {
      if (gone) {
        lease?.release()
        throw new ClientGoneError()
      }
      held.push({ lease, length: bytes.byteLength })
      // What is with the client is with the client, also while the next bytes are still being fetched.
      transfer ??= guard.watch(() => res.destroy())
      transfer.waiting = true
      res.write(bytes, onWritten)
      return room(MAX_WRITES_IN_FLIGHT)
    },
    drained: () => room(1),
    close() {
      if (transfer !== undefined) guard.release(transfer)
      res.off('close', onClose)
      // Writes that are still under way hold their bytes: wait for the socket, or for its end.
      if (held.length > 0 && !gone) res.once('close', onClose)
    },
  }
}
