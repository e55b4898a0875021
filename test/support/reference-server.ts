import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReferenceServer, startReferenceServer } from '@millrace/reference-server'

export const CREDENTIALS = {
  accessKeyId: 'TESTACCESSKEY',
  secretAccessKey: 'test-secret-access-key',
}

/** A reference server on volumes of its own, which are removed with it. */
export interface TestServer extends AsyncDisposable {
  readonly home: string
  readonly volumes: readonly string[]
  readonly url: string
  /** For clients that read AWS_* from their environment. */
  readonly env: NodeJS.ProcessEnv
  readonly running: ReferenceServer
  /** Stops the server and starts it again on the same volumes (another port). */
  restart(): Promise<void>
}

export async function startTestServer(
  options: { readonly scheme?: string; readonly shards?: number; readonly memory?: number } = {},
): Promise<TestServer> {
  const { scheme = '4+2', shards = 6 } = options
  const home = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const volumes = Array.from({ length: shards }, (_, index) => join(home, `volume-${index + 1}`))
  const start = (): Promise<ReferenceServer> =>
    startReferenceServer({
      volumes,
      scheme,
      port: 0,
      credentials: CREDENTIALS,
      ...(options.memory === undefined ? {} : { memory: options.memory }),
    })
  let running = await start()
  return {
    home,
    volumes,
    get url() {
      return running.url
    },
    get running() {
      return running
    },
    env: {
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: join(home, 'no-config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'no-credentials'),
    },
    async restart() {
      await running.close()
      running = await start()
    },
    async [Symbol.asyncDispose]() {
      await running.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** All shard files of a volume. */
export async function shardFiles(volume: string): Promise<readonly string[]> {
  const names = await readdir(volume, { recursive: true })
  return names.filter((name) => name.endsWith('.shard')).map((name) => join(volume, name))
}

/** Bytes that do not repeat, cheap in any amount. */
export function noise(size: number): Buffer {
  const block = randomBytes(Math.min(size, 1 << 20))
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += block.length) {
    block.copy(bytes, at)
    bytes.writeUInt32LE(at >>> 0, Math.min(at, Math.max(0, size - 4)))
  }
  return bytes
}

export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
