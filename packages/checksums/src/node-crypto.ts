import * as crypto from 'node:crypto'
import type { HashEngine } from './engine.ts'

/** @internal MD5, SHA-1 and SHA-256 of node:crypto, which reads shared memory in place. */
export function nodeCryptoEngine(name: 'md5' | 'sha1' | 'sha256'): HashEngine {
  return {
    start() {
      const hash = crypto.createHash(name)
      return {
        update: (bytes) => void hash.update(bytes),
        digest: () => new Uint8Array(hash.digest()),
      }
    },
    once: (bytes) => new Uint8Array(crypto.hash(name, bytes, 'buffer')),
  }
}
