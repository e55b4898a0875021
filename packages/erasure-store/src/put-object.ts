import type { ByteSource } from '@millrace/byte-streams'
import {
  type PutOptions,
  type PutResult,
  type StoredChecksum,
  type WriteConditions,
  checkWriteConditions,
} from '@millrace/object-store'
import type { Bucket } from './bucket-store.ts'
import { objectKey, partListKey } from './keys.ts'
import { NULL_VERSION, keptWith, objectOf } from './object-records.ts'
import type { Generation } from './generation.ts'
import type { Entry, Write } from './quorum-index.ts'
import { dataOf, type ObjectRecord } from './records.ts'
import { storeBody } from './store-body.ts'
import type { Volume } from './volume.ts'

/** Stores one object: shards durable on a quorum first, then its record, then the answer. */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: ByteSource,
  options: PutOptions,
): Promise<PutResult> {
  const { context, name } = bucket
  const logical = objectKey(name, key)
  // Refuses early what the commit would refuse after the whole body.
  if (options.conditions) {
    checkWriteConditions(objectOf(context.index.get(logical)), options.conditions, key)
  }
  return await storeBody(bucket, key, body, options, async (written, added) => {
    const record: Omit<ObjectRecord, 'generation'> = {
      kind: 'object',
      versionId: NULL_VERSION,
      size: written.summary.size,
      etag: etagOfDigest(written.summary.digests.md5),
      modified: context.now(),
      checksums: added ?? [],
      data: written.record,
      ...keptWith(options),
    }
    await commitObject(
      bucket,
      key,
      (next) => [{ logical, record: { ...record, generation: next } }],
      written.volumes,
      options.conditions,
    )
    return resultOf(record)
  })
}

/** Digest to the text of an ETag. */
export function etagOfDigest(md5: Uint8Array | undefined): string {
  if (md5 === undefined)
    throw new TypeError('Cannot make an ETag: the body was stored without its MD5')
  return Buffer.from(md5).toString('hex')
}

export function resultOf(record: {
  readonly etag: string
  readonly versionId: string
  readonly size: number
  readonly modified: number
  readonly checksums: readonly StoredChecksum[]
}): PutResult {
  return {
    etag: record.etag,
    versionId: record.versionId,
    size: record.size,
    lastModified: new Date(record.modified),
    checksums: record.checksums,
  }
}

/**
 * Makes a record the key's newest, alone with it: conditions are evaluated and the record written in one step. Its
 * generation is taken in that step, so that the last to commit is the newest, whoever began first. What it replaces is
 * forgotten only afterwards, and nothing of that can fail the call: the new object is there.
 */
export async function commitObject(
  bucket: Bucket,
  key: string,
  make: (generation: Generation) => readonly Write[],
  volumes: readonly Volume[] | undefined,
  conditions: WriteConditions | undefined,
): Promise<{ readonly generation: Generation; readonly volumes: readonly Volume[] }> {
  const { context, name } = bucket
  const { replaced, ...committed } = await context.buckets.shared(name, () =>
    context.locks.run(`${name}/${key}`, async () => {
      bucket.assertExists()
      const current = context.index.get(objectKey(name, key))
      checkWriteConditions(objectOf(current), conditions, key)
      const generation = context.generations.next()
      const holders = await context.index.commit(make(generation), volumes)
      return { generation, volumes: holders, replaced: current }
    }),
  )
  if (replaced !== undefined) {
    const old = contentsOf(bucket, key, replaced)
    await context.index.forget(old)
    for (const generation of old.flatMap(({ record }) => dataOf(record))) {
      context.data.discard(generation)
    }
  }
  return committed
}

/** The records that make up an object: its own and, where it came in parts, their list. */
export function contentsOf(bucket: Bucket, key: string, entry: Entry): readonly Write[] {
  const record = objectOf(entry)
  if (record === undefined || record.data !== undefined) return [entry]
  const logical = partListKey(bucket.name, key, record.generation)
  try {
    return [entry, { logical, record: bucket.partList(key, record) }]
  } catch {
    // The list is lost. What is left of the object can go all the same; the next start removes the rest.
    return [entry]
  }
}
