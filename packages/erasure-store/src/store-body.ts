import type { ByteSource } from '@millrace/byte-streams'
import type { Algorithm } from '@millrace/checksums'
import type { PutOptions, StoredChecksum } from '@millrace/object-store'
import type { Bucket } from './bucket-store.ts'
import { NULL_VERSION } from './object-records.ts'
import type { WrittenData } from './shard-data.ts'

/**
 * Lays a body on the volumes, lets the caller refuse it, and has it committed. Whatever refuses it after it was written
 * takes its shards along.
 *
 * @param commit makes the record that speaks of the data; gets the checksums that `beforeCommit` added
 */
export async function storeBody<T>(
  bucket: Bucket,
  key: string,
  body: ByteSource,
  options: Pick<PutOptions, 'size' | 'digests' | 'beforeCommit' | 'signal'>,
  commit: (written: WrittenData, added: readonly StoredChecksum[] | undefined) => Promise<T>,
): Promise<T> {
  const { context, name } = bucket
  const { signal } = options
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
  try {
    const additions = await options.beforeCommit?.(written.summary)
    signal?.throwIfAborted()
    return await commit(written, additions?.checksums)
  } catch (error) {
    context.data.discard(written.record.generation)
    throw error
  }
}

/** MD5 is the ETag of a body that came in one piece, so it is always taken. */
function withMd5(digests: readonly Algorithm[] = []): readonly Algorithm[] {
  return digests.includes('md5') ? digests : ['md5', ...digests]
}
