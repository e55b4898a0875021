import { randomUUID } from 'node:crypto'
import { etagOf, multipartEtag } from '@millrace/checksums'
import { checkWriteConditions } from './conditions.ts'
import { ObjectStoreError } from './errors.ts'
import { checkKey, compareKeys } from './keys.ts'
import { type MemoryBody, readBody } from './memory-body.ts'
import { type MemoryQuota, overheadOf } from './memory-quota.ts'
import type { MemoryRecords } from './memory-records.ts'
import {
  checkMultipartChecksum,
  combinePartChecksums,
  partChecksums,
} from './multipart-checksums.ts'
import { checkCompletedParts, checkPartNumber } from './multipart-rules.ts'
import type {
  CompletedPart,
  MultipartOptions,
  MultipartSummary,
  MultipartUpload,
  ObjectInfo,
  ObjectStore,
  PartInfo,
  PutResult,
} from './port.ts'

/** Finished uploads whose `complete` may be repeated with the same answer, as after an answer that was lost. */
const REPLAYS = 1000

interface StoredPart extends PartInfo {
  readonly body: MemoryBody
}

interface Upload {
  readonly key: string
  readonly uploadId: string
  readonly initiated: Date
  readonly options: MultipartOptions
  readonly parts: Map<number, StoredPart>
}

interface Finished {
  readonly parts: string
  readonly result: PutResult
}

/** The multipart half of a memory store. */
export interface MemoryUploads {
  readonly create: ObjectStore['createMultipart']
  readonly resume: ObjectStore['resumeMultipart']
  readonly list: ObjectStore['listMultipart']
  clear(): void
}

export function createMemoryUploads(context: {
  readonly records: MemoryRecords
  readonly quota: MemoryQuota
  readonly now: () => number
  readonly alive: () => void
}): MemoryUploads {
  const { records, quota, now, alive } = context
  const open = new Map<string, Upload>()
  let sequence = 0
  const finished = new Map<string, { readonly upload: Upload; readonly done: Finished }>()

  const find = (uploadId: string): Upload => {
    alive()
    const upload = open.get(uploadId)
    if (upload === undefined) throw noSuchUpload(uploadId)
    return upload
  }

  const forget = (upload: Upload, kept: ReadonlySet<StoredPart>): void => {
    open.delete(upload.uploadId)
    quota.give(overheadOf(upload.key))
    for (const part of upload.parts.values()) {
      quota.give(overheadOf('') + (kept.has(part) ? 0 : part.body.size))
    }
  }

  const putPart =
    (uploadId: string): MultipartUpload['putPart'] =>
    async (partNumber, source, options = {}) => {
      options.signal?.throwIfAborted()
      checkPartNumber(partNumber)
      const { checksum } = find(uploadId).options
      const { body, summary } = await readBody(source, {
        size: options.size,
        signal: options.signal,
        digests: ['md5', ...(options.digests ?? []), ...(checksum ? [checksum.algorithm] : [])],
        quota,
      })
      try {
        const additions = await options.beforeCommit?.(summary)
        options.signal?.throwIfAborted()
        const upload = find(uploadId)
        const part: StoredPart = {
          partNumber,
          size: body.size,
          etag: etagOf(summary.digests.md5 as Uint8Array),
          lastModified: new Date(now()),
          checksums: partChecksums(checksum?.algorithm, summary.digests, additions?.checksums),
          body,
        }
        const earlier = upload.parts.get(partNumber)
        if (earlier === undefined) quota.take(overheadOf(''))
        else quota.give(earlier.body.size)
        upload.parts.set(partNumber, part)
        return withoutBody(part)
      } catch (error) {
        quota.give(body.size)
        throw error
      }
    }

  const complete =
    (uploadId: string): MultipartUpload['complete'] =>
    async (parts, options = {}) => {
      options.signal?.throwIfAborted()
      alive()
      const replay = finished.get(uploadId)
      if (replay !== undefined && replay.done.parts === namesOf(parts)) return replay.done.result
      const upload = find(uploadId)
      const { key } = upload
      const chosen = checkCompletedParts(
        parts,
        (partNumber) => upload.parts.get(partNumber),
        options.minPartSize,
      )
      const checksums = combinePartChecksums(chosen, upload.options.checksum, options.checksum)
      checkWriteConditions(records.current(key), options.conditions, key)
      const info: ObjectInfo = {
        key,
        size: chosen.reduce((sum, part) => sum + part.size, 0),
        etag: multipartEtag(chosen.map((part) => Buffer.from(part.etag, 'hex'))),
        etagIsMd5: true,
        lastModified: new Date(now()),
        versionId: records.nextVersionId(),
        isLatest: true,
        headers: { ...upload.options.headers },
        metadata: { ...upload.options.metadata },
        checksums,
        partSizes: chosen.map((part) => part.size),
        ...(upload.options.owner === undefined ? {} : { owner: upload.options.owner }),
      }
      const blocks = chosen.flatMap((part) => part.body.blocks)
      records.commit({ info, body: { size: info.size, blocks } })
      forget(upload, new Set(chosen))
      const { etag, versionId, size, lastModified } = info
      const result: PutResult = { etag, versionId, size, lastModified, checksums }
      upload.parts.clear()
      finished.set(uploadId, { upload, done: { parts: namesOf(parts), result } })
      const oldest = finished.keys().next()
      if (finished.size > REPLAYS && oldest.done !== true) finished.delete(oldest.value)
      return result
    }

  const handle = (upload: Upload): MultipartUpload => {
    const { key, uploadId, options, initiated } = upload
    return {
      key,
      uploadId,
      options,
      initiated,
      putPart: putPart(uploadId),
      listParts(options = {}) {
        options.signal?.throwIfAborted()
        return listParts(find(uploadId), options.startAfter ?? 0, options.signal)
      },
      complete: complete(uploadId),
      async abort(options = {}) {
        options.signal?.throwIfAborted()
        forget(find(uploadId), new Set())
      },
    }
  }

  return {
    async create(key, options = {}) {
      options.signal?.throwIfAborted()
      alive()
      checkMultipartChecksum(options.checksum)
      quota.take(overheadOf(checkKey(key)))
      // Ids of one key sort by time, so that a listing may go on after one that is gone.
      const uploadId =
        (++sequence).toString(16).padStart(12, '0') + randomUUID().replaceAll('-', '')
      const { signal: _signal, ...kept } = options
      const upload = { key, uploadId, initiated: new Date(now()), options: kept, parts: new Map() }
      open.set(uploadId, upload)
      return handle(upload)
    },
    async resume(key, uploadId) {
      alive()
      const upload = open.get(uploadId) ?? finished.get(uploadId)?.upload
      if (upload === undefined || upload.key !== key) throw noSuchUpload(uploadId)
      return handle(upload)
    },
    list(options = {}) {
      options.signal?.throwIfAborted()
      alive()
      return listUploads(open, options)
    },
    clear() {
      for (const upload of open.values()) forget(upload, new Set())
      finished.clear()
    },
  }
}

async function* listParts(
  upload: Upload,
  startAfter: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PartInfo, void, undefined> {
  const numbers = Array.from(upload.parts.keys()).sort((a, b) => a - b)
  for (const partNumber of numbers) {
    signal?.throwIfAborted()
    const part = upload.parts.get(partNumber)
    if (partNumber > startAfter && part !== undefined) yield withoutBody(part)
  }
}

async function* listUploads(
  open: ReadonlyMap<string, Upload>,
  options: NonNullable<Parameters<ObjectStore['listMultipart']>[0]>,
): AsyncGenerator<MultipartSummary, void, undefined> {
  const { prefix = '', startAfter, startAfterUpload, signal } = options
  const uploads = Array.from(open.values()).sort(
    (a, b) => compareKeys(a.key, b.key) || compareKeys(a.uploadId, b.uploadId),
  )
  for (const upload of uploads) {
    signal?.throwIfAborted()
    const { key, uploadId, initiated } = upload
    if (!key.startsWith(prefix) || !open.has(uploadId)) continue
    if (startAfter !== undefined) {
      const order = compareKeys(key, startAfter)
      const seen = startAfterUpload === undefined || uploadId <= startAfterUpload
      if (order < 0 || (order === 0 && seen)) continue
    }
    const { owner } = upload.options
    yield { key, uploadId, initiated, ...(owner === undefined ? {} : { owner }) }
  }
}

function namesOf(parts: readonly CompletedPart[]): string {
  return parts.map((part) => `${part.partNumber}:${part.etag}`).join(' ')
}

function withoutBody({ body: _body, ...part }: StoredPart): PartInfo {
  return part
}

function noSuchUpload(uploadId: string): ObjectStoreError {
  return new ObjectStoreError('NO_SUCH_UPLOAD', `No such multipart upload: ${uploadId}`)
}
