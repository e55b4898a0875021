import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ObjectStoreError } from './errors.ts'

export function createHasher(algorithm: string): {
  update(b: Uint8Array): unknown
  digest(): Uint8Array
} {
  if (algorithm === 'crc32') {
    let value = 0
    return {
      update: (b) => (value = crc32(b, value)),
      digest: () => {
        const out = Buffer.alloc(4)
        out.writeUInt32BE(value)
        return out
      },
    }
  }
  if (!['md5', 'sha1', 'sha256'].includes(algorithm))
    throw new ObjectStoreError('NOT_SUPPORTED', algorithm)
  const h = createHash(algorithm)
  return { update: (b) => h.update(b), digest: () => h.digest() }
}
