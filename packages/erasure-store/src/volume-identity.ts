import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from './durable-file.ts'
import { VolumeError } from './errors.ts'

/** The version of a volume's layout that is written; another one is refused. */
export const VOLUME_FORMAT_VERSION = 1
const IDENTITY = 'volume.json'
/** The index, in a volume's directory. */
export const INDEX = 'index.mdb'
/** Where a volume's shard files are. */
export const SHARDS = 'shards'

/** What a volume says of itself in `volume.json`. */
export interface VolumeIdentity {
  readonly format: number
  /** The same on all volumes of a set. */
  readonly setId: string
  readonly volumeId: string
  /** Place in the set, from 0. */
  readonly index: number
  /** Ids of all volumes of the set, by place. */
  readonly members: readonly string[]
  /** `k+m` of new objects. */
  readonly scheme: string
  /** Bytes of a shard chunk of new objects. */
  readonly unit: number
  /** ISO 8601. */
  readonly created: string
}

/** Where a volume's identity is. */
export function identityPath(directory: string): string {
  return join(directory, IDENTITY)
}

function isIdentity(value: unknown): value is VolumeIdentity {
  const identity = value as VolumeIdentity
  return (
    typeof identity === 'object' &&
    identity !== null &&
    typeof identity.setId === 'string' &&
    typeof identity.volumeId === 'string' &&
    Number.isInteger(identity.index) &&
    Array.isArray(identity.members) &&
    identity.members[identity.index] === identity.volumeId &&
    typeof identity.scheme === 'string' &&
    Number.isInteger(identity.unit)
  )
}

/**
 * What a directory is: a volume with its identity, `blank` (absent, empty, or left by a format that was interrupted: may
 * be formatted), or refused.
 *
 * @throws {VolumeError} `ERR_VOLUME_FORMAT` for a directory with other things in it or a damaged identity,
 * `ERR_VOLUME_VERSION` for a format that this version does not know
 */
export async function readIdentity(directory: string): Promise<VolumeIdentity | 'blank'> {
  let text: string
  try {
    text = await readFile(identityPath(directory), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (await isBlank(directory)) return 'blank'
    throw new VolumeError(
      'ERR_VOLUME_FORMAT',
      `Cannot use ${directory} as a volume: it is not empty and has no ${IDENTITY}. Give an empty directory`,
    )
  }
  let identity: unknown
  try {
    identity = JSON.parse(text)
  } catch (cause) {
    throw new VolumeError('ERR_VOLUME_FORMAT', `Cannot read ${identityPath(directory)}: not JSON`, {
      cause,
    })
  }
  const format = (identity as { format?: unknown } | null)?.format
  if (format !== VOLUME_FORMAT_VERSION) {
    throw new VolumeError(
      'ERR_VOLUME_VERSION',
      `Cannot use ${directory}: its format version is ${String(format)} and this release knows ${VOLUME_FORMAT_VERSION}. Use the release that wrote it`,
    )
  }
  if (!isIdentity(identity)) {
    throw new VolumeError(
      'ERR_VOLUME_FORMAT',
      `Cannot use ${directory}: ${IDENTITY} is damaged. Remove the directory to have it treated as lost`,
    )
  }
  return identity
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw cause
  })
}

/** A fresh file system has its lost+found; an interrupted format leaves empty directories and a temporary file. */
async function isBlank(directory: string): Promise<boolean> {
  const entries = await entriesOf(directory)
  const known = /^(lost\+found|shards|volume\.json\.\d+\.tmp)$/
  if (!entries.every((name) => known.test(name))) return false
  return entries.every((name) => name === 'lost+found') || !(await hasShards(directory))
}

/** True when something lies under `shards/`, beside its own directories. */
export async function hasShards(directory: string): Promise<boolean> {
  const shards = join(directory, SHARDS)
  for (const name of await entriesOf(shards)) {
    if (!/^[0-9a-f]{2}$/.test(name) || (await entriesOf(join(shards, name))).length > 0) return true
  }
  return false
}

/** True when the volume has been opened before: its first start makes the index. */
export async function hasIndex(directory: string): Promise<boolean> {
  return (await entriesOf(directory)).includes(INDEX)
}

export async function writeIdentity(
  directory: string,
  identity: VolumeIdentity,
  durability: 'strict' | 'relaxed',
): Promise<void> {
  const text = `${JSON.stringify(identity, null, 2)}\n`
  await writeWhole(identityPath(directory), text, { flush: durability === 'strict' })
}
