import { timingSafeEqual } from 'node:crypto'
import type { ByteStream } from '@millrace/byte-streams'
import { type Algorithm, checksumTap } from '@millrace/checksums'
import type { BodySummary, PutOptions, StoreCapabilities } from '@millrace/object-store'
import { type BodyDigests, CHECKSUM_HEADERS, S3Error } from '@millrace/s3-protocol'
import type { RequestBody } from './request-body.ts'

/** A body and the options with which a store takes it in and checks it. */
export interface CheckedBody {
  readonly source: ByteStream
  readonly options: Required<Pick<PutOptions, 'size' | 'digests' | 'beforeCommit'>>
}

/**
 * Has a body checked against everything its request says of it: Content-MD5, the signed SHA-256, the checksum in header or
 * trailer. The store computes the digests it can (in its worker threads, where it has some); the others are computed here
 * as the bytes pass. A mismatch refuses the commit: nothing is stored.
 */
export function checkBody(
  body: RequestBody,
  stated: BodyDigests,
  capabilities: Pick<StoreCapabilities, 'digests'>,
): CheckedBody {
  if (body.size === undefined) throw new S3Error('MissingContentLength')
  const wanted: Algorithm[] = []
  if (stated.md5 !== undefined) wanted.push('md5')
  if (body.signedSha256 !== undefined) wanted.push('sha256')
  const entry = stated.checksum && CHECKSUM_HEADERS[stated.checksum.algorithm]
  if (entry !== undefined && !wanted.includes(entry.name)) wanted.push(entry.name)

  // The trailer that is announced is compared below, from the store's digest, instead of by the decoder.
  const checksTrailer = entry !== undefined && stated.checksum?.value === undefined
  const bytes = body.stream({ checksTrailer })
  const missing = wanted.filter((algorithm) => !capabilities.digests.includes(algorithm))
  let own: ReadonlyMap<Algorithm, Uint8Array> = new Map()
  const source =
    missing.length === 0
      ? bytes
      : checksumTap(missing, (digests) => {
          own = digests
        })(bytes)

  const beforeCommit = ({
    digests,
  }: BodySummary): ReturnType<CheckedBody['options']['beforeCommit']> => {
    const digest = (algorithm: Algorithm): Uint8Array => {
      const bytes = digests[algorithm] ?? own.get(algorithm)
      if (bytes === undefined) throw new Error(`Store did not compute a digest: ${algorithm}`)
      return bytes
    }
    if (stated.md5 !== undefined && !equal(stated.md5, digest('md5'))) {
      throw new S3Error('BadDigest', {
        message: 'The Content-MD5 you specified did not match what we received.',
      })
    }
    if (body.signedSha256 !== undefined) {
      const computed = Buffer.from(digest('sha256')).toString('hex')
      if (computed !== body.signedSha256) {
        throw new S3Error('XAmzContentSHA256Mismatch', {
          details: {
            ClientComputedContentSHA256: body.signedSha256,
            S3ComputedContentSHA256: computed,
          },
        })
      }
    }
    if (entry === undefined) return undefined
    const value = stated.checksum?.value ?? body.trailers.get(entry.header)
    if (value === undefined) throw new S3Error('MalformedTrailerError')
    if (Buffer.from(digest(entry.name)).toString('base64') !== value) {
      throw new S3Error('BadDigest', {
        message: `The ${entry.algorithm} you specified did not match the calculated checksum.`,
      })
    }
    return { checksums: [{ algorithm: entry.name, value, type: 'FULL_OBJECT' }] }
  }
  const digests = wanted.filter((algorithm) => !missing.includes(algorithm))
  return { source, options: { size: body.size, digests, beforeCommit } }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
