import type { ByteSource } from '@millrace/byte-streams'
import { type Algorithm, createHasher, encodeBase64, S3_CHECKSUMS } from '@millrace/checksums'
import {
  checkedBody,
  checkKey,
  checkMultipartChecksum,
  checkPartNumber,
  type Digests,
  type MultipartOptions,
  type MultipartUpload,
  ObjectStoreError,
  type PartInfo,
  type StoredChecksum,
} from '@millrace/object-store'
import { unquoteEtag } from '@millrace/object-store/http'
import type { S3Client } from './client.ts'
import { completeUpload, xmlChecksums } from './complete-upload.ts'
import { holdLast } from './hold-last.ts'
import { checksumsOf, dateOf, writeHeaders } from './object-headers.ts'
import { childrenOf, parseAnswer, requiredText, textOf, type XmlElement } from './xml.ts'

/** Most bytes of a part that are held because its size is not known or it is inspected before it counts: 64 MiB. */
export const MAX_HELD_PART: number = 64 * 1024 * 1024

export async function createUpload(
  client: S3Client,
  key: string,
  options: MultipartOptions = {},
): Promise<MultipartUpload> {
  options.signal?.throwIfAborted()
  checkKey(key)
  checkMultipartChecksum(options.checksum)
  const { checksum, signal, ...kept } = options
  const { text } = await client.sendForText({
    method: 'POST',
    key,
    query: { uploads: '' },
    headers: {
      ...writeHeaders(options),
      ...(checksum === undefined
        ? {}
        : {
            'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(),
            'x-amz-checksum-type': checksum.type,
          }),
    },
    expect: [200],
    signal,
  })
  const uploadId = requiredText(parseAnswer(text), 'UploadId')
  const remembered = { ...kept, ...(checksum === undefined ? {} : { checksum }) }
  return uploadHandle(client, key, uploadId, remembered, new Date())
}

export async function resumeUpload(
  client: S3Client,
  key: string,
  uploadId: string,
): Promise<MultipartUpload> {
  const root = await listPartsPage(client, checkKey(key), uploadId, 0, 1, undefined)
  const algorithm = textOf(root, 'ChecksumAlgorithm')?.toLowerCase()
  const type = textOf(root, 'ChecksumType') === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT'
  const known = algorithm !== undefined && Object.hasOwn(S3_CHECKSUMS, algorithm)
  const options = known ? { checksum: { algorithm: algorithm as Algorithm, type } as const } : {}
  return uploadHandle(client, key, uploadId, options, new Date(0))
}

function uploadHandle(
  client: S3Client,
  key: string,
  uploadId: string,
  options: MultipartOptions,
  initiated: Date,
): MultipartUpload {
  return {
    key,
    uploadId,
    options,
    initiated,
    putPart: async (partNumber, body, partOptions) =>
      putPart(client, { key, uploadId, options }, partNumber, body, partOptions),
    listParts: (listOptions = {}) => {
      listOptions.signal?.throwIfAborted()
      return listParts(client, key, uploadId, listOptions.startAfter ?? 0, listOptions.signal)
    },
    complete: async (parts, completeOptions) =>
      completeUpload(client, { key, uploadId }, parts, completeOptions),
    async abort({ signal } = {}) {
      signal?.throwIfAborted()
      await client.sendForText({
        method: 'DELETE',
        key,
        query: { uploadId },
        expect: [200, 204],
        signal,
      })
    },
  }
}

interface UploadContext {
  readonly key: string
  readonly uploadId: string
  readonly options: MultipartOptions
}

async function putPart(
  client: S3Client,
  upload: UploadContext,
  partNumber: number,
  source: ByteSource,
  options: Parameters<MultipartUpload['putPart']>[2] = {},
): Promise<PartInfo> {
  const { signal } = options
  signal?.throwIfAborted()
  checkPartNumber(partNumber)
  const own = upload.options.checksum?.algorithm
  const inspected = options.beforeCommit !== undefined || own !== undefined
  let { size } = options
  let body: Uint8Array | AsyncIterable<Uint8Array> = holdLast(checkedBody(source, { size, signal }))
  let checksums: readonly StoredChecksum[] = []
  if (size === undefined || inspected) {
    const algorithms = new Set([...(options.digests ?? []), ...(own === undefined ? [] : [own])])
    const held = await holdPart(body, algorithms)
    body = held.bytes
    size = held.bytes.byteLength
    const additions = await options.beforeCommit?.({ size, digests: held.digests })
    signal?.throwIfAborted()
    checksums = additions?.checksums ?? []
    const digest = own === undefined ? undefined : held.digests[own]
    if (
      own !== undefined &&
      digest !== undefined &&
      !checksums.some((one) => one.algorithm === own)
    ) {
      checksums = [
        ...checksums,
        { algorithm: own, value: encodeBase64(digest), type: 'FULL_OBJECT' },
      ]
    }
  }
  const { answer } = await client.sendForText({
    method: 'PUT',
    key: upload.key,
    query: { partNumber, uploadId: upload.uploadId },
    headers: writeHeaders({ checksums }),
    body,
    size,
    expect: [200],
    signal,
  })
  const stated = checksumsOf(answer.headers)
  return {
    partNumber,
    size,
    etag: unquoteEtag(answer.headers['etag'] ?? ''),
    lastModified: dateOf(answer.headers),
    checksums: stated.length > 0 ? stated : checksums,
  }
}

async function holdPart(
  body: AsyncIterable<Uint8Array>,
  algorithms: Iterable<Algorithm>,
): Promise<{ readonly bytes: Uint8Array; readonly digests: Digests }> {
  const hashers = Array.from(algorithms, (algorithm) => createHasher(algorithm))
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_HELD_PART) {
      throw new ObjectStoreError(
        'INVALID_ARGUMENT',
        `Part is more than ${MAX_HELD_PART} bytes and has to be held: say its size, or send smaller parts`,
      )
    }
    for (const hasher of hashers) hasher.update(chunk)
    chunks.push(chunk)
  }
  const digests: Partial<Record<Algorithm, Uint8Array>> = {}
  for (const hasher of hashers) digests[hasher.algorithm] = hasher.digest()
  return { bytes: Buffer.concat(chunks), digests }
}

async function listPartsPage(
  client: S3Client,
  key: string,
  uploadId: string,
  marker: number,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<XmlElement> {
  const { text } = await client.sendForText({
    method: 'GET',
    key,
    query: { uploadId, 'part-number-marker': marker || undefined, 'max-parts': limit },
    expect: [200],
    signal,
  })
  return parseAnswer(text)
}

async function* listParts(
  client: S3Client,
  key: string,
  uploadId: string,
  startAfter: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PartInfo, void, undefined> {
  let marker = startAfter
  for (;;) {
    const root = await listPartsPage(client, key, uploadId, marker, 1000, signal)
    const last = marker
    for (const part of childrenOf(root, 'Part')) {
      const partNumber = Number(requiredText(part, 'PartNumber'))
      if (partNumber <= marker) continue
      marker = partNumber
      yield {
        partNumber,
        size: Number(requiredText(part, 'Size')),
        etag: unquoteEtag(requiredText(part, 'ETag')),
        lastModified: new Date(requiredText(part, 'LastModified')),
        checksums: xmlChecksums(part, 'FULL_OBJECT'),
      }
    }
    if (textOf(root, 'IsTruncated') !== 'true' || marker === last) return
  }
}
