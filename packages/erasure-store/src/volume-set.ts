import { randomUUID } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatScheme, parseScheme, type Scheme } from '@millrace/ec-codec'
import { VolumeError } from './errors.ts'
import {
  VOLUME_FORMAT_VERSION,
  type VolumeIdentity,
  readIdentity,
  writeIdentity,
} from './volume-identity.ts'
import { type Durability, type Volume, layOutVolume, openVolume } from './volume.ts'

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
  const identities = await Promise.all(paths.map((path) => readIdentity(path)))
  const first = identities.find((identity) => identity !== 'blank')
  let formatted = false
  let members: (readonly [string, VolumeIdentity])[]
  if (first === undefined) {
    formatted = true
    const scheme = options.scheme ?? { k: 4, m: 2 }
    if (paths.length !== scheme.k + scheme.m) throw wrongCount(paths.length, scheme)
    members = await formatSet(paths, scheme, options.unit)
  } else {
    members = collect(paths, identities, first, options.onWarning)
  }
  const [, identity] = members[0] as readonly [string, VolumeIdentity]
  const scheme = parseScheme(identity.scheme)
  if (options.scheme && formatScheme(options.scheme) !== identity.scheme) {
    throw new VolumeError(
      'ERR_VOLUME_SCHEME',
      `Cannot open the volumes with scheme ${formatScheme(options.scheme)}: they were made with ${identity.scheme}. Leave the scheme out to use theirs`,
    )
  }
  const writeQuorum = writeQuorumOf(scheme)
  const readQuorum = identity.members.length - writeQuorum + 1
  if (members.length < Math.max(scheme.k, readQuorum)) {
    throw new VolumeError(
      'ERR_VOLUME_QUORUM',
      `Cannot open the set: ${members.length} of ${identity.members.length} volumes are here and ${scheme.k} are needed to read. Bring back the missing ones`,
    )
  }
  const volumes: (Volume | undefined)[] = identity.members.map(() => undefined)
  try {
    for (const [directory, own] of members) {
      volumes[own.index] = await openVolume(directory, own, {
        durability: options.durability,
        onFailed: (volume, reason) => options.onWarning({ directory: volume.directory, reason }),
      })
    }
  } catch (error) {
    await Promise.all(volumes.map(async (volume) => await volume?.close()))
    throw error
  }
  return { volumes, scheme, unit: identity.unit, writeQuorum, setId: identity.setId, formatted }
}

function wrongCount(count: number, scheme: Scheme): VolumeError {
  return new VolumeError(
    'ERR_VOLUME_COUNT',
    `Cannot lay ${formatScheme(scheme)} on ${count} volumes: it takes ${scheme.k + scheme.m}, a directory each`,
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

async function formatSet(
  paths: readonly string[],
  scheme: Scheme,
  unit: number,
): Promise<(readonly [string, VolumeIdentity])[]> {
  const setId = randomUUID()
  const members = paths.map(() => randomUUID())
  const created = new Date().toISOString()
  return await Promise.all(
    paths.map(async (path, index) => {
      const identity: VolumeIdentity = {
        format: VOLUME_FORMAT_VERSION,
        setId,
        volumeId: members[index] as string,
        index,
        members,
        scheme: formatScheme(scheme),
        unit,
        created,
      }
      await mkdir(path, { recursive: true })
      await layOutVolume(path)
      await writeIdentity(path, identity)
      return [path, identity] as const
    }),
  )
}

function collect(
  paths: readonly string[],
  identities: readonly (VolumeIdentity | 'blank')[],
  first: VolumeIdentity,
  onWarning: (warning: VolumeWarning) => void,
): (readonly [string, VolumeIdentity])[] {
  const members: (readonly [string, VolumeIdentity])[] = []
  const places = new Map<number, string>()
  for (const [position, path] of paths.entries()) {
    const identity = identities[position] as VolumeIdentity | 'blank'
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
