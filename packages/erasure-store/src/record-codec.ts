import { crc32 } from 'node:zlib'
import type { StoredRecord } from './records.ts'

/** A record as bytes: CRC-32 of the rest (big endian), then JSON in UTF-8. */
export function encodeRecord(record: StoredRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record))
  const bytes = Buffer.allocUnsafe(4 + json.length)
  bytes.writeUInt32BE(crc32(json), 0)
  json.copy(bytes, 4)
  return bytes
}

/** The record in these bytes, or `undefined` where they are damaged: as good as not there on this volume. */
export function decodeRecord(bytes: Uint8Array): StoredRecord | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 6) return undefined
  const json = buffer.subarray(4)
  if (crc32(json) !== buffer.readUInt32BE(0)) return undefined
  return JSON.parse(json.toString()) as StoredRecord
}
