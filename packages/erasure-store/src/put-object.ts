import type { ByteSource } from '@millrace/byte-streams'
import type { Algorithm } from '@millrace/checksums'
import {
  type PutOptions,
  type PutResult,
  type StoredChecksum,
  type WriteConditions,
  checkWriteConditions,
} from '@millrace/object-store'
import type { Bucket } from './bucket-store.ts'
import { logicalKey } from './keys.ts'
import { NULL_VERSION, keptWith, objectOf } from './object-records.ts'
import type { Generation } from './generation.ts'
import { type Entry, type Forgotten, type Write, forgettable } from './quorum-index.ts'
import type { ObjectRecord } from './records.ts'
import type { Volume } from './volume.ts'

/** Stores one object: shards durable on a quorum first, then its record, then the answer. */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: ByteSource,
  options: PutOptions,
): Promise<PutResult> {
  const { context, name } = bucket
  const { signal } = options
  const logical = logicalKey('object', name, key)
  // Refuses early what the commit would refuse after the whole body.
  if (options.conditions) {
    checkWriteConditions(objectOf(context.index.get(logical)), options.conditions, key)
  }
  const written = await context.data.write(
    body,
    { bucket: name, key, versionId: NULL_VERSION },
    {
      generation: context.generations.next(),
      digests: withMd5(options.digests),
      size: options.size,
      signal,
    },
  )
  const { generation } = written.record
  try {
    const additions = await options.beforeCommit?.(written.summary)
    signal?.throwIfAborted()
    const record: ObjectRecord = {
      kind: 'object',
      generation,
      versionId: NULL_VERSION,
      size: written.summary.size,
      etag: etagOfDigest(written.summary.digests.md5),
      modified: context.now(),
      checksums: additions?.checksums ?? [],
      data: written.record,
      ...keptWith(options),
    }
    await commitObject(bucket, key, record, [], written.volumes, options.conditions)
    return resultOf(record)
  } catch (error) {
    context.data.discard(generation)
    throw error
  }
}

/** MD5 is the ETag of an object that came in one piece, so it is always taken. */
export function withMd5(digests: readonly Algorithm[] = []): readonly Algorithm[] {
  return digests.includes('md5') ? digests : ['md5', ...digests]
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
 * Makes a record the key's newest, alone with it: conditions are evaluated and the record written in one step. What it
 * replaces is forgotten only afterwards.
 */
export async function commitObject(
  bucket: Bucket,
  key: string,
  record: ObjectRecord,
  also: readonly Write[],
  volumes: readonly Volume[] | undefined,
  conditions: WriteConditions | undefined,
): Promise<readonly Volume[]> {
  const { context, name } = bucket
  const logical = logicalKey('object', name, key)
  const { committed, replaced } = await context.buckets.shared(name, () =>
    context.locks.run(`${name}/${key}`, async () => {
      bucket.assertExists()
      const current = context.index.get(logical)
      checkWriteConditions(objectOf(current), conditions, key)
      const holders = await context.index.commit([{ logical, record }, ...also], volumes)
      return { committed: holders, replaced: current }
    }),
  )
  if (replaced !== undefined) {
    const old = contentsOf(bucket, replaced)
    await context.index.forget(old.records)
    for (const generation of old.data) context.data.discard(generation)
  }
  return committed
}

/** What makes up an object: its records, and the generations of its data. */
export function contentsOf(
  bucket: Bucket,
  entry: Entry,
): { readonly records: readonly Forgotten[]; readonly data: readonly Generation[] } {
  const record = objectOf(entry)
  if (record === undefined) return { records: [], data: [] }
  if (record.data !== undefined) {
    return { records: [forgettable(entry)], data: [record.data.generation] }
  }
  const list = bucket.partList(record)
  const data = list.parts.map((part) => part.generation)
  return {
    records: [
      forgettable(entry),
      {
        logical: logicalKey('parts', record.generation),
        generation: list.generation,
        owns: [list.generation, ...data],
      },
    ],
    data,
  }
}
