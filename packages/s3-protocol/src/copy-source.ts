import { S3Error } from './errors.ts'
import { checkBucketName, checkObjectKey } from './names.ts'
import { decodeOnce, parseQueryString } from './query.ts'

/** Where a copy comes from; decoded exactly once. */
export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

/**
 * Parses `x-amz-copy-source`: `[/]bucket/key[?versionId=...]`, percent-encoded.
 *
 * The question mark is looked for before anything is decoded, so that an encoded one belongs to the key.
 *
 * @param text - the header's value
 * @returns bucket, key and version
 * @throws {S3Error} `InvalidArgument`, `InvalidURI`, `InvalidBucketName` or `KeyTooLongError`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseCopySource } from '@millrace/s3-protocol'
 *
 * assert.deepEqual(parseCopySource('/photos/a%3Fb?versionId=null'), {
 *   bucket: 'photos', key: 'a?b', versionId: 'null',
 * })
 * assert.throws(() => parseCopySource(''), { code: 'InvalidArgument' })
 * ```
 */
export function parseCopySource(text: string): CopySource {
  const question = text.indexOf('?')
  const path = question < 0 ? text : text.slice(0, question)
  const from = path.startsWith('/') ? 1 : 0
  const slash = path.indexOf('/', from)
  if (slash < 0) {
    // Some clients encode the slash between bucket and key as well.
    const decoded = decodeOnce(path.slice(from))
    const at = decoded.indexOf('/', decoded.startsWith('/') ? 1 : 0)
    if (at < 0) throw malformed(text)
    return named(
      decoded.slice(decoded.startsWith('/') ? 1 : 0, at),
      decoded.slice(at + 1),
      text,
      question,
    )
  }
  return named(
    decodeOnce(path.slice(from, slash)),
    decodeOnce(path.slice(slash + 1)),
    text,
    question,
  )
}

function named(bucket: string, key: string, text: string, question: number): CopySource {
  if (bucket === '' || key === '') throw malformed(text)
  const source = { bucket: checkBucketName(bucket), key: checkObjectKey(key) }
  if (question < 0) return source
  const query = parseQueryString(text.slice(question + 1))
  const versionId = query.get('versionId')
  if (versionId === undefined || versionId === '' || query.size > 1) throw malformed(text)
  return { ...source, versionId }
}

function malformed(text: string): S3Error {
  return new S3Error('InvalidArgument', {
    message: 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    details: { ArgumentName: 'x-amz-copy-source', ArgumentValue: text.slice(0, 256) },
  })
}
