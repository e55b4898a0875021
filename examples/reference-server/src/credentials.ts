import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A key pair as S3 clients know it. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Where a server's credentials came from: shown at the start, so that nobody wonders. */
export interface FoundCredentials {
  readonly credentials: Credentials
  readonly source: 'environment' | 'kept' | 'generated'
  /** The file that keeps generated ones. */
  readonly file?: string
}

const FILE = 'credentials.json'
const SECRET_MIN = 8

/**
 * The root user's credentials: from MILLRACE_ACCESS_KEY_ID and MILLRACE_SECRET_ACCESS_KEY, else those kept in the data
 * directory, else new random ones that are kept there for the next start (readable by the owner only).
 *
 * @param dataDirectory where `credentials.json` is kept
 * @param environment usually `process.env`
 * @throws {Error} when only one of the two variables is set, the secret is shorter than 8 characters, or the kept file
 * is damaged
 */
export async function findCredentials(
  dataDirectory: string,
  environment: NodeJS.ProcessEnv,
): Promise<FoundCredentials> {
  const { MILLRACE_ACCESS_KEY_ID: id, MILLRACE_SECRET_ACCESS_KEY: secret } = environment
  if (id || secret) {
    if (!id || !secret) {
      throw new Error(
        `Only one of MILLRACE_ACCESS_KEY_ID and MILLRACE_SECRET_ACCESS_KEY is set: set both, or neither`,
      )
    }
    if (secret.length < SECRET_MIN) {
      throw new Error(
        `MILLRACE_SECRET_ACCESS_KEY is too short: give at least ${SECRET_MIN} characters`,
      )
    }
    return { credentials: { accessKeyId: id, secretAccessKey: secret }, source: 'environment' }
  }
  const file = join(dataDirectory, FILE)
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (kept !== undefined) return { credentials: parseKept(kept, file), source: 'kept', file }
  const credentials: Credentials = {
    accessKeyId: `MR${randomBytes(9).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  }
  await mkdir(dataDirectory, { recursive: true })
  // Whole or not at all, whenever this process dies; and of two first starts at once one is first.
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(credentials, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(temporary, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return await findCredentials(dataDirectory, environment)
  } finally {
    await rm(temporary, { force: true })
  }
  return { credentials, source: 'generated', file }
}

function parseKept(text: string, file: string): Credentials {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text) as Partial<Credentials>
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey }
  } catch {
    // Damaged: said below.
  }
  throw new Error(`Cannot read the credentials in ${file}: mend or remove the file and start again`)
}
