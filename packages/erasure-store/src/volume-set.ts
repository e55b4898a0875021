import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatScheme, parseScheme, type Scheme } from '@millrace/ec-codec'
import { VolumeError } from './errors.ts'
import { type Member, formatSet } from './format-set.ts'
import { type VolumeIdentity, hasIndex, hasShards, readIdentity } from './volume-identity.ts'
import { type Durability, type Volume, openVolume } from './volume.ts'

/** The volumes of one set, by place; `undefined` where a volume is missing. */
export interface VolumeSet {
  readonly volumes: readonly (Volume | undefined)[]
  readonly scheme: Scheme
  readonly unit: number
  /** Records and shards a write must reach. `k`, `k + 1` where `k = m`, and always a majority. */
  readonly writeQuorum: number
  readonly setId: string
  /** True when this call made the set. */
  readonly formatted: boolean
}

/** What new volumes are laid out for, unless told otherwise. */
export const DEFAULT_SCHEME: Scheme = { k: 4, m: 2 }

/** A volume that is not in use, and why: for logs and health pages. */
export interface VolumeWarning {
  readonly directory: string
  readonly reason: string
}

/**
 * How many volumes a write must reach: k, k + 1 where k = m, and always a majority.
 *
 * @param scheme data and parity shards
 * @returns a number of volumes, at most k + m
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { writeQuorumOf } from '@millrace/erasure-store'
 *
 * assert.equal(writeQuorumOf({ k: 4, m: 2 }), 4)
 * assert.equal(writeQuorumOf({ k: 2, m: 2 }), 3)
 * assert.equal(writeQuorumOf({ k: 1, m: 2 }), 2)
 * ```
 */
export function writeQuorumOf(scheme: Scheme): number {
  const { k, m } = scheme
  const shards = k === m ? k + 1 : k
  return Math.max(shards, Math.floor((k + m) / 2) + 1)
}

/**
 * Opens the directories as one set; formats them as a new one when all are blank. Order does not matter: each volume
 * knows its place. Blank directories among formatted ones are left as they are and count as lost.
 *
 * @throws {VolumeError} by what is wrong; nothing is written then
 */
export async function openVolumeSet(
  directories: readonly string[],
  options: {
    readonly scheme?: Scheme | undefined
    readonly unit: number
    readonly durability: Durability
    readonly onWarning: (warning: VolumeWarning) => void
  },
): Promise<VolumeSet> {
  const paths = await distinct(directories)
  const found = await Promise.all(paths.map((path) => look(path)))
  const formatted = await isNew(paths, found)
  const scheme = options.scheme ?? DEFAULT_SCHEME
  if (formatted && paths.length !== scheme.k + scheme.m) throw wrongCount(paths.length, scheme)
  const members = formatted
    ? await formatSet(paths, scheme, options)
    : collect(paths, found, options.onWarning)
  const [, identity] = members[0] as Member
  if (options.scheme && formatScheme(options.scheme) !== identity.scheme) {
    throw new VolumeError(
      'ERR_VOLUME_SCHEME',
      `Cannot open the volumes with scheme ${formatScheme(options.scheme)}: they were made with ${identity.scheme}. Leave the scheme out to use theirs`,
    )
  }
  const set = {
    scheme: parseScheme(identity.scheme),
    unit: identity.unit,
    writeQuorum: writeQuorumOf(parseScheme(identity.scheme)),
    setId: identity.setId,
    formatted,
  }
  assertEnough(members.length, identity.members.length, set)
  const volumes: (Volume | undefined)[] = identity.members.map(() => undefined)
  try {
    await openMembers(members, volumes, options)
    const opened = volumes.filter((volume) => volume !== undefined).length
    assertEnough(opened, identity.members.length, set)
  } catch (error) {
    await Promise.all(volumes.map(async (volume) => await volume?.close()))
    throw error
  }
  return { ...set, volumes }
}

/**
 * What the directories' set was made with, before it is opened: to size the lanes' slots for it.
 *
 * @param directories some or all of the set's volumes
 * @returns its scheme and unit, or `undefined` where none of them is a volume
 * @throws {VolumeError} `ERR_VOLUME_FORMAT`, `ERR_VOLUME_VERSION` as opening would
 * @example Nothing there yet
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readVolumeLayout } from '@millrace/erasure-store'
 *
 * assert.equal(await readVolumeLayout(['/nowhere/volume-1']), undefined)
 * ```
 */
export async function readVolumeLayout(
  directories: readonly string[],
): Promise<{ readonly scheme: Scheme; readonly unit: number } | undefined> {
  for (const directory of directories) {
    const found = await look(directory)
    if (found === 'blank' || found instanceof Error) continue
    return { scheme: parseScheme(found.scheme), unit: found.unit }
  }
  return undefined
}

function assertEnough(
  here: number,
  total: number,
  set: Pick<VolumeSet, 'scheme' | 'writeQuorum'>,
): void {
  const needed = Math.max(set.scheme.k, total - set.writeQuorum + 1)
  if (here >= needed) return
  throw new VolumeError(
    'ERR_VOLUME_QUORUM',
    `Cannot open the set: ${here} of ${total} volumes are usable and ${needed} are needed to read. Bring back the missing ones`,
  )
}

/**
 * Opens each volume at its place. One that cannot be opened counts as lost, like one that is missing; so does one whose
 * index is gone while the others have records, or it has shards: an empty index would speak against what was committed.
 */
async function openMembers(
  members: readonly Member[],
  volumes: (Volume | undefined)[],
  options: {
    readonly durability: Durability
    readonly onWarning: (warning: VolumeWarning) => void
  },
): Promise<void> {
  const onFailed = ({ directory }: Volume, reason: string): void =>
    options.onWarning({ directory, reason })
  const openOne = async ([directory, own]: Member): Promise<void> => {
    try {
      volumes[own.index] = await openVolume(directory, own, { ...options, onFailed })
    } catch (error) {
      if (error instanceof VolumeError) throw error
      const reason = `${directory} cannot be opened: ${String(error)}. Its shards count as lost`
      options.onWarning({ directory, reason })
    }
  }
  const fresh: Member[] = []
  for (const member of members) {
    if (await hasIndex(member[0]).catch(() => true)) await openOne(member)
    else fresh.push(member)
  }
  const used = volumes.some((volume) => volume?.isEmpty() === false)
  for (const member of fresh) {
    const [directory] = member
    if (used || (await hasShards(directory))) {
      const reason = `${directory} has lost its index: its shards count as lost`
      options.onWarning({ directory, reason })
    } else {
      await openOne(member)
    }
  }
}

/** What was found where a volume should be; `Error` where the system would not let us look. */
type Found = VolumeIdentity | 'blank' | Error

async function look(path: string): Promise<Found> {
  try {
    return await readIdentity(path)
  } catch (error) {
    // A dead disk answers with an I/O error: that volume is lost, the others need not be.
    if (error instanceof VolumeError) throw error
    return error as Error
  }
}

/** True when nothing was ever stored here: all blank, or a first format that was interrupted. */
async function isNew(paths: readonly string[], found: readonly Found[]): Promise<boolean> {
  if (found.every((one) => one === 'blank')) return true
  if (!found.includes('blank')) return false
  for (const [position, one] of found.entries()) {
    const path = paths[position] as string
    if (one instanceof Error) return false
    if (one !== 'blank' && ((await hasIndex(path)) || (await hasShards(path)))) return false
  }
  return true
}

function wrongCount(count: number, scheme: Scheme): VolumeError {
  return new VolumeError(
    'ERR_VOLUME_COUNT',
    `Cannot lay ${formatScheme(scheme)} on the given number of directories, ${count}: it takes ${scheme.k + scheme.m}. Name as many, or choose another scheme`,
  )
}

async function distinct(directories: readonly string[]): Promise<readonly string[]> {
  const paths = directories.map((directory) => resolve(directory))
  // Two names of one directory would put two shards where one disk is.
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)))
  const repeated = real.find((path, index) => real.indexOf(path) !== index)
  if (repeated !== undefined) {
    throw new VolumeError('ERR_VOLUME_DUPLICATE', `Cannot use one directory twice: ${repeated}`)
  }
  return paths
}

function collect(
  paths: readonly string[],
  found: readonly Found[],
  onWarning: (warning: VolumeWarning) => void,
): readonly Member[] {
  const members: Member[] = []
  const first = found.find((one) => one !== 'blank' && !(one instanceof Error))
  if (first === undefined || first === 'blank' || first instanceof Error) {
    throw found.find((one) => one instanceof Error)
  }
  const places = new Map<number, string>()
  for (const [position, path] of paths.entries()) {
    const identity = found[position] as Found
    if (identity instanceof Error) {
      const reason = `${path} cannot be read: ${identity.message}. Its shards count as lost`
      onWarning({ directory: path, reason })
      continue
    }
    if (identity === 'blank') {
      onWarning({
        directory: path,
        reason: `${path} is missing or empty: its shards count as lost`,
      })
      continue
    }
    if (identity.setId !== first.setId || first.members[identity.index] !== identity.volumeId) {
      throw new VolumeError(
        'ERR_VOLUME_FOREIGN',
        `Cannot use ${path}: it belongs to another set (${identity.setId}) than the others (${first.setId}). Give the volumes of one set`,
      )
    }
    const other = places.get(identity.index)
    if (other !== undefined) {
      throw new VolumeError(
        'ERR_VOLUME_DUPLICATE',
        `Cannot use both ${other} and ${path}: they are copies of volume ${identity.index}. Leave one out`,
      )
    }
    places.set(identity.index, path)
    members.push([path, identity])
  }
  if (paths.length > first.members.length) {
    throw new VolumeError(
      'ERR_VOLUME_COUNT',
      `Cannot use ${paths.length} directories: the set has ${first.members.length} volumes`,
    )
  }
  return members
}
