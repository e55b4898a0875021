import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { DEFAULT_UNIT, type Scheme, parseScheme } from '@millrace/ec-codec'
import {
  type Durability,
  type ErasureStore,
  type VolumeWarning,
  openErasureStore,
  readVolumeLayout,
} from '@millrace/erasure-store'
import { createBufferPool } from '@millrace/pooled-buffers'
import { allowSigned, createS3Server, operationsFor } from '@millrace/s3-server-kit'
import { openWorkerLanes, slotSizeFor } from '@millrace/worker-lanes'
import type { Credentials } from './credentials.ts'

export interface ReferenceServerOptions {
  /** `k + m` directories. */
  readonly volumes: readonly string[]
  readonly credentials: Credentials
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 takes a free port. @default 9000 */
  readonly port?: number
  /** @default 'us-east-1' */
  readonly region?: string
  /** Of new volumes. @default '4+2' */
  readonly scheme?: string
  /** Bytes of a shard chunk of new volumes. @default 256 KiB */
  readonly unit?: number
  /** @default 'strict' */
  readonly durability?: Durability
  /** Bytes of the slab that all requests share. @default 96 MiB */
  readonly memory?: number
  /** Threads that code, verify and write. @default one per core */
  readonly threads?: number
  readonly onWarning?: (warning: VolumeWarning) => void
  /** Errors that no client's request explains. */
  readonly onError?: (error: unknown) => void
}

export interface ReferenceServer extends AsyncDisposable {
  readonly url: string
  readonly region: string
  readonly store: ErasureStore
  readonly server: Server
  /** Stops taking requests, waits for those under way (at most `GRACE_MS`), and closes volumes and threads. */
  close(): Promise<void>
}

export const DEFAULT_PORT = 9000
export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_REGION = 'us-east-1'
export const DEFAULT_MEMORY: number = 96 * 1024 * 1024
const DEFAULT_SCHEME: Scheme = { k: 4, m: 2 }
/** How long a stopping server waits for requests under way, in milliseconds. */
export const GRACE_MS = 10_000

/**
 * Starts the whole server: slab, threads, volumes, S3.
 *
 * @throws {VolumeError} when the volumes cannot be served, by `code`
 */
export async function startReferenceServer(
  options: ReferenceServerOptions,
): Promise<ReferenceServer> {
  const {
    host = DEFAULT_HOST,
    port = DEFAULT_PORT,
    region = DEFAULT_REGION,
    unit = DEFAULT_UNIT,
    memory = DEFAULT_MEMORY,
    threads = availableParallelism(),
  } = options
  const scheme: Scheme | undefined =
    options.scheme === undefined ? undefined : parseScheme(options.scheme)
  const layout = await readVolumeLayout(options.volumes)
  const slotSize = slotSizeFor(layout ?? { scheme: scheme ?? DEFAULT_SCHEME, unit })
  const pool = createBufferPool({ slotSize, slots: Math.max(8, Math.floor(memory / slotSize)) })
  const lanes = openWorkerLanes({ pool, threads })
  let store: ErasureStore | undefined
  try {
    store = await openErasureStore({
      volumes: options.volumes,
      lanes,
      unit,
      ...(scheme === undefined ? {} : { scheme }),
      ...(options.durability === undefined ? {} : { durability: options.durability }),
      ...(options.onWarning === undefined ? {} : { onWarning: options.onWarning }),
    })
    const { accessKeyId, secretAccessKey } = options.credentials
    const server = createS3Server({
      operations: operationsFor(store),
      region,
      users: (id) =>
        id === accessKeyId ? { id: accessKeyId, accessKeyId, secretAccessKey } : undefined,
      // The root user may do everything; nobody else is known, and nothing is public.
      authorize: allowSigned,
      pressure: () => pool.waiting,
      onError: options.onError ?? (() => undefined),
    })
    await listen(server, port, host)
    const open = store
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await stop(server)
      await open.close()
      await lanes.close()
    }
    const closeOnce = (): Promise<void> => {
      closing ??= close()
      return closing
    }
    return {
      url: urlOf(server.address() as AddressInfo),
      region,
      store,
      server,
      close: closeOnce,
      [Symbol.asyncDispose]: closeOnce,
    }
  } catch (error) {
    await store?.close()
    await lanes.close()
    throw error
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await closed
  clearTimeout(timer)
}

function urlOf(address: AddressInfo): string {
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}
