/** What an `s3://` URL names. */
export interface S3Location {
  readonly bucket: string
  /** As it stands after the bucket, without decoding; empty for the bucket itself. */
  readonly key: string
}

/**
 * Takes an `s3://bucket/key` URL apart, as AWS CLI has it: everything after the bucket's slash is the key, character by
 * character, with nothing decoded and nothing normalised.
 *
 * @param text - `s3://bucket`, `s3://bucket/`, or `s3://bucket/key`
 * @returns bucket and key
 * @throws {TypeError} `ERR_OBJECT_STORE_S3_INVALID_URL` where it is none
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { parseS3Url } from '@millrace/object-store-s3'
 *
 * assert.deepEqual(parseS3Url('s3://mill/a b/../c?d'), { bucket: 'mill', key: 'a b/../c?d' })
 * assert.throws(() => parseS3Url('http://mill/a'), { code: 'ERR_OBJECT_STORE_S3_INVALID_URL' })
 * ```
 */
export function parseS3Url(text: string): S3Location {
  const match = /^s3:\/\/([^/?#\s]+)(?:\/([\s\S]*))?$/i.exec(text)
  if (match === null) {
    throw Object.assign(new TypeError(`URL must be s3://bucket/key: ${text}`), {
      code: 'ERR_OBJECT_STORE_S3_INVALID_URL',
    })
  }
  return { bucket: match[1] as string, key: match[2] ?? '' }
}
