import { withSignal } from '@millrace/byte-streams'
import { type Algorithm, createHasher } from '@millrace/checksums'
import {
  checkedBody,
  checkKey,
  type CommitAdditions,
  type DeleteOptions,
  type DeleteResult,
  type Digests,
  ObjectStoreError,
  type PutOptions,
  type PutResult,
} from '@millrace/object-store'
import { unquoteEtag } from '@millrace/object-store/http'
import type { ByteSource } from '@millrace/byte-streams'
import type { S3Client } from './client.ts'
import { holdLast } from './hold-last.ts'
import { createUpload } from './multipart.ts'
import { checksumsOf, dateOf, writeConditionHeaders, writeHeaders } from './object-headers.ts'

/** Largest object of one PUT, in bytes: 5 GiB (Amazon S3 user guide, "Uploading objects"). */
export const MAX_PUT_SIZE: number = 5 * 1024 ** 3

/**
 * Puts an object. A body whose size is known streams through one PUT; one whose size is not known, or that is hashed for
 * `beforeCommit`, is held up to `partSize` bytes and goes on as a multipart upload when it is larger: both appear whole or
 * not at all, and only after `beforeCommit`.
 */
export async function putObject(
  client: S3Client,
  key: string,
  source: ByteSource,
  options: PutOptions,
  partSize: number,
): Promise<PutResult> {
  const { signal, size } = options
  signal?.throwIfAborted()
  checkKey(key)
  const inspected = options.beforeCommit !== undefined || (options.digests?.length ?? 0) > 0
  const body = checkedBody(source, { size, signal })
  if (size !== undefined && !inspected && size > partSize && size <= MAX_PUT_SIZE) {
    return sendPut(client, key, holdLast(body), size, options, undefined)
  }
  const hashers = (options.digests ?? []).map((algorithm) => createHasher(algorithm))
  const pieces = hashed(body, hashers)
  const first = await takePiece(pieces, partSize)
  const summary = (): { size: number; digests: Digests } => {
    const digests: Partial<Record<Algorithm, Uint8Array>> = {}
    for (const hasher of hashers) digests[hasher.algorithm] = hasher.digest()
    return { size: total, digests }
  }
  let total = first.bytes.byteLength
  if (first.ended) {
    const additions = await options.beforeCommit?.(summary())
    signal?.throwIfAborted()
    return sendPut(client, key, first.bytes, total, options, additions)
  }
  const { headers, metadata, owner } = options
  const upload = await createUpload(client, key, {
    ...(headers === undefined ? {} : { headers }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(owner === undefined ? {} : { owner }),
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    const parts: { partNumber: number; etag: string }[] = []
    for (let piece = first; piece.bytes.byteLength > 0; ) {
      const partNumber = parts.length + 1
      const { etag } = await upload.putPart(partNumber, [piece.bytes], {
        size: piece.bytes.byteLength,
        ...(signal === undefined ? {} : { signal }),
      })
      parts.push({ partNumber, etag })
      if (piece.ended) break
      // Parts grow with the object, so that 10,000 of them hold whatever comes.
      piece = await takePiece(pieces, partSize * 2 ** Math.floor(partNumber / 2000))
      total += piece.bytes.byteLength
    }
    await options.beforeCommit?.(summary())
    return await upload.complete(parts, {
      ...(options.conditions === undefined ? {} : { conditions: options.conditions }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    await pieces.return()
    // The first failure is the one that counts; an upload that cannot be aborted is the server's lifecycle rule to clear.
    await upload.abort().catch(() => {})
    throw error
  }
}

async function* hashed(
  body: AsyncIterable<Uint8Array>,
  hashers: readonly { update(bytes: Uint8Array): unknown }[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    for (const hasher of hashers) hasher.update(chunk)
    yield chunk
  }
}

/** Takes at least `size` bytes from a stream that goes on afterwards, fewer at its end. */
async function takePiece(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  size: number,
): Promise<{ readonly bytes: Uint8Array; readonly ended: boolean }> {
  const taken: Uint8Array[] = []
  let length = 0
  while (length < size) {
    const step = await chunks.next()
    if (step.done === true) return { bytes: Buffer.concat(taken), ended: true }
    taken.push(step.value)
    length += step.value.byteLength
  }
  return { bytes: Buffer.concat(taken), ended: false }
}

async function sendPut(
  client: S3Client,
  key: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  size: number,
  options: PutOptions,
  additions: CommitAdditions | undefined,
): Promise<PutResult> {
  const { signal } = options
  const { answer } = await client.sendForText({
    method: 'PUT',
    key,
    headers: {
      ...writeHeaders({
        headers: options.headers,
        metadata: options.metadata,
        checksums: additions?.checksums,
      }),
      ...writeConditionHeaders(options.conditions),
    },
    body: body instanceof Uint8Array ? body : withSignal(body, signal),
    size,
    expect: [200, 201, 204],
    signal,
  })
  const { headers } = answer
  const checksums = checksumsOf(headers)
  return {
    etag: unquoteEtag(headers['etag'] ?? ''),
    versionId: headers['x-amz-version-id'] ?? 'null',
    size,
    lastModified: dateOf(headers),
    checksums: checksums.length > 0 ? checksums : (additions?.checksums ?? []),
  }
}

export async function deleteObject(
  client: S3Client,
  key: string,
  options: DeleteOptions = {},
): Promise<DeleteResult> {
  const { versionId, signal } = options
  signal?.throwIfAborted()
  checkKey(key)
  try {
    const { answer } = await client.sendForText({
      method: 'DELETE',
      key,
      query: { versionId },
      headers: writeConditionHeaders(options.conditions),
      expect: [200, 204],
      signal,
    })
    const version = answer.headers['x-amz-version-id']
    return {
      deleteMarker: answer.headers['x-amz-delete-marker'] === 'true',
      ...(version === undefined ? {} : { versionId: version }),
    }
  } catch (error) {
    // Some servers answer 404 where S3 succeeds.
    if (error instanceof ObjectStoreError && error.code === 'NOT_FOUND') {
      return { deleteMarker: false }
    }
    throw error
  }
}
