import { crc32 } from 'node:zlib'
import type { Scheme } from '@millrace/ec-codec'
import { GENERATION_BYTES, type Generation } from './generation.ts'

/** Bytes of the footer that ends every shard file. FORMAT.md has its layout. */
export const FOOTER_BYTES = 2048
/** Bytes of one chunk's checksum (BLAKE3-256) in the table between data and footer. */
export const CHECKSUM_BYTES = 32
/** The version of the shard file's format that is written; another one is refused. */
export const SHARD_FORMAT_VERSION = 1

const MAGIC = Buffer.from('MLRSHARD')
const NAMES_OFFSET = 72

/** What a shard file says of itself, enough to rebuild a volume's index from it. */
export interface ShardFooter {
  readonly generation: Generation
  readonly scheme: Scheme
  readonly unit: number
  readonly shard: number
  readonly rotation: number
  /** Bytes of the object's data in this generation, over all shards. */
  readonly size: number
  readonly bucket: string
  readonly key: string
  readonly versionId: string
}

/** Writes a footer's bytes, its own CRC-32 in the last four. */
export function encodeFooter(footer: ShardFooter): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES)
  MAGIC.copy(bytes, 0)
  bytes.writeUInt16LE(SHARD_FORMAT_VERSION, 8)
  bytes.writeUInt16LE(footer.scheme.k, 10)
  bytes.writeUInt16LE(footer.scheme.m, 12)
  bytes.writeUInt16LE(footer.shard, 14)
  bytes.writeUInt32LE(footer.unit, 16)
  bytes.writeUInt16LE(footer.rotation, 20)
  bytes.writeBigUInt64LE(BigInt(footer.size), 24)
  Buffer.from(footer.generation, 'hex').copy(bytes, 32)
  const names = [footer.bucket, footer.key, footer.versionId].map((name) => Buffer.from(name))
  let offset = NAMES_OFFSET
  for (const [index, name] of names.entries()) {
    bytes.writeUInt16LE(name.length, 48 + index * 2)
    name.copy(bytes, offset)
    offset += name.length
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, FOOTER_BYTES - 4)), FOOTER_BYTES - 4)
  return bytes
}

/** The footer in these bytes, or `undefined` where they are not an undamaged footer of this version. */
export function decodeFooter(bytes: Uint8Array): ShardFooter | undefined {
  if (bytes.length !== FOOTER_BYTES) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!buffer.subarray(0, 8).equals(MAGIC)) return undefined
  if (buffer.readUInt32LE(FOOTER_BYTES - 4) !== crc32(buffer.subarray(0, FOOTER_BYTES - 4))) {
    return undefined
  }
  if (buffer.readUInt16LE(8) !== SHARD_FORMAT_VERSION) return undefined
  let offset = NAMES_OFFSET
  const [bucket = '', key = '', versionId = ''] = [0, 1, 2].map((index) => {
    const length = buffer.readUInt16LE(48 + index * 2)
    const name = buffer.toString('utf8', offset, offset + length)
    offset += length
    return name
  })
  return {
    generation: buffer.toString('hex', 32, 32 + GENERATION_BYTES),
    scheme: { k: buffer.readUInt16LE(10), m: buffer.readUInt16LE(12) },
    shard: buffer.readUInt16LE(14),
    unit: buffer.readUInt32LE(16),
    rotation: buffer.readUInt16LE(20),
    size: Number(buffer.readBigUInt64LE(24)),
    bucket,
    key,
    versionId,
  }
}
