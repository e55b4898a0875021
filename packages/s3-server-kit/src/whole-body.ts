import { createHasher } from '@millrace/checksums'
import { type BodyDigests, S3Error } from '@millrace/s3-protocol'
import { checkBody } from './body-integrity.ts'
import type { RequestBody } from './request-body.ts'

/**
 * Reads a body that is a document, up to a limit, and checks it against what its request says of it.
 *
 * @throws {S3Error} `MaxMessageLengthExceeded`, `BadDigest`, `XAmzContentSHA256Mismatch`
 */
export async function readWhole(
  body: RequestBody,
  stated: BodyDigests,
  maxBytes: number,
): Promise<Uint8Array> {
  const tooLong = (): S3Error =>
    new S3Error('MaxMessageLengthExceeded', {
      details: { MaxMessageLengthBytes: String(maxBytes) },
    })
  if (body.size !== undefined && body.size > maxBytes) throw tooLong()
  const { source, options } = checkBody(body, stated, {
    digests: ['md5', 'sha1', 'sha256', 'crc32', 'crc32c', 'crc64nvme'],
  })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of source) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLong()
    chunks.push(chunk)
  }
  const digests = Object.fromEntries(
    options.digests.map((algorithm) => {
      const hasher = createHasher(algorithm)
      for (const chunk of chunks) hasher.update(chunk)
      return [algorithm, hasher.digest()]
    }),
  )
  await options.beforeCommit({ size, digests })
  return Buffer.concat(chunks)
}
