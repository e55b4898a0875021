import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import { ClientGoneError } from './errors.ts'

/** What all requests of one connection have in common. */
export interface Connection {
  /** Aborted when the connection has gone: with it every answer on it. */
  readonly signal: AbortSignal
  /** Requests that are being answered; more than one where the client sends ahead. */
  answering: number
}

const connections = new WeakMap<Duplex, Connection>()

/**
 * The state of a connection, made at its first request. One signal for all its requests: to make and tear down one for each
 * would cost more than to route it.
 */
export function connectionOf(socket: Duplex): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const controller = new AbortController()
  // One request may delete a thousand keys, and each looks out for the end of its client.
  setMaxListeners(0, controller.signal)
  const gone = (): void => controller.abort(new ClientGoneError())
  if (socket.destroyed) gone()
  else socket.once('close', gone)
  const connection: Connection = { signal: controller.signal, answering: 0 }
  connections.set(socket, connection)
  return connection
}
