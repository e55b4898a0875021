import * as zlib from 'node:zlib'
import type { CrcAlgorithm } from './algorithms.ts'
import { crcUpdate, type CrcRegister } from './crc-kernel.ts'
import type { HashEngine } from './engine.ts'

/** @internal A CRC register's value as bytes, most significant first. */
export function crcBytes(algorithm: CrcAlgorithm, { low, high }: CrcRegister): Uint8Array {
  const wide = algorithm === 'crc64nvme'
  const bytes = new Uint8Array(wide ? 8 : 4)
  const view = new DataView(bytes.buffer)
  if (wide) view.setUint32(0, high)
  view.setUint32(wide ? 4 : 0, low)
  return bytes
}

/** @internal Reads what {@link crcBytes} wrote. */
export function crcRegister(bytes: Uint8Array): CrcRegister {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes.length === 8
    ? { low: view.getUint32(4), high: view.getUint32(0) }
    : { low: view.getUint32(0), high: 0 }
}

/** @internal Any of the CRCs on the WebAssembly kernel. */
export function portableCrcEngine(algorithm: CrcAlgorithm): HashEngine {
  const ones = algorithm === 'crc64nvme' ? 0xffffffff : 0
  return {
    start() {
      const register = { low: 0xffffffff, high: ones }
      return {
        update: (bytes) => crcUpdate(algorithm, register, bytes),
        digest: () =>
          crcBytes(algorithm, { low: ~register.low >>> 0, high: (register.high ^ ones) >>> 0 }),
      }
    },
  }
}

const nativeCrc32 = (zlib as { crc32?: typeof zlib.crc32 }).crc32

/** @internal CRC32 of zlib, which node:zlib exports since Node.js 20.15 and 22.2. */
export const NATIVE_CRC32: HashEngine | undefined =
  nativeCrc32 === undefined
    ? undefined
    : {
        start() {
          let value = 0
          return {
            update(bytes) {
              value = nativeCrc32(bytes, value)
            },
            digest: () => crcBytes('crc32', { low: value, high: 0 }),
          }
        },
      }
