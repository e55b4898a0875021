import { S3_CHECKSUMS } from '@millrace/checksums'
import {
  type CompletedPart,
  type MultipartUpload,
  ObjectStoreError,
  type PutResult,
  type StoredChecksum,
} from '@millrace/object-store'
import { unquoteEtag } from '@millrace/object-store/http'
import type { S3Client } from './client.ts'
import { checksumHeader, dateOf, writeConditionHeaders } from './object-headers.ts'
import { errorFrom } from './s3-errors.ts'
import { escapeXml, parseAnswer, requiredText, textOf, type XmlElement } from './xml.ts'

/** The checksums that an element of an answer names. */
export function xmlChecksums(
  element: XmlElement,
  type: 'FULL_OBJECT' | 'COMPOSITE',
): StoredChecksum[] {
  return Object.values(S3_CHECKSUMS).flatMap((one) => {
    const value = textOf(element, one.element)
    if (value === undefined) return []
    return [{ algorithm: one.algorithm, value, type: value.includes('-') ? 'COMPOSITE' : type }]
  })
}

export async function completeUpload(
  client: S3Client,
  upload: { readonly key: string; readonly uploadId: string },
  parts: readonly CompletedPart[],
  options: Parameters<MultipartUpload['complete']>[1] = {},
): Promise<PutResult> {
  const { signal, checksum } = options
  signal?.throwIfAborted()
  if (parts.length === 0) {
    throw new ObjectStoreError('INVALID_ARGUMENT', 'An upload is completed with at least one part')
  }
  const partXml = parts.map(({ partNumber, etag, checksum: own }) => {
    const element =
      own && Object.values(S3_CHECKSUMS).find((one) => one.algorithm === own.algorithm)?.element
    const value = own && element ? `<${element}>${escapeXml(own.value)}</${element}>` : ''
    return `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(`"${etag}"`)}</ETag>${value}</Part>`
  })
  const header = checksum && checksumHeader(checksum.algorithm)
  const { text, answer } = await client.sendForText({
    method: 'POST',
    key: upload.key,
    query: { uploadId: upload.uploadId },
    headers: {
      'content-type': 'application/xml',
      ...writeConditionHeaders(options.conditions),
      ...(header && checksum
        ? { [header]: checksum.value, 'x-amz-checksum-type': checksum.type }
        : {}),
    },
    body: Buffer.from(
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${partXml.join('')}</CompleteMultipartUpload>`,
    ),
    expect: [200],
    signal,
  })
  const root = parseAnswer(text)
  if (root.name === 'Error') {
    // S3 answers 200 before it knows, to keep the connection alive, and the error comes in the body.
    const what = `complete ${client.bucket}/${upload.key}`
    throw errorFrom(500, answer.headers, text, { what })
  }
  const type = textOf(root, 'ChecksumType') === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT'
  const etag = unquoteEtag(requiredText(root, 'ETag'))
  const versionId = answer.headers['x-amz-version-id'] ?? 'null'
  // The answer names neither size nor time.
  const head = await client.send({
    method: 'HEAD',
    key: upload.key,
    query: { versionId: versionId === 'null' ? undefined : versionId },
    expect: [200, 404],
    signal,
  })
  await head.body[Symbol.asyncDispose]()
  return {
    etag,
    versionId,
    size: Number(head.headers['content-length'] ?? 0),
    lastModified: new Date(head.headers['last-modified'] ?? dateOf(answer.headers)),
    checksums: xmlChecksums(root, type),
  }
}
