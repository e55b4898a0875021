import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { digestOf } from '@millrace/checksums'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutBytes, hex } from './bytes.ts'

/** The definition, bit by bit: shares nothing with the kernel but the polynomials. */
function slowCrc(polynomial: bigint, width: bigint, bytes: Uint8Array): string {
  const ones = (1n << width) - 1n
  let register = ones
  for (const byte of bytes) {
    register ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ polynomial : register >> 1n
    }
  }
  return (register ^ ones).toString(16).padStart(Number(width) / 4, '0')
}

describe('the CRC kernel', () => {
  test.each([
    ['crc32', 0xedb88320n, 32n],
    ['crc32c', 0x82f63b78n, 32n],
    ['crc64nvme', 0x9a6c9329ac4bc9b5n, 64n],
  ] as const)('%s: equals the definition, bit by bit', (algorithm, polynomial, width) => {
    fc.assert(
      fc.property(cutBytes(300), ({ bytes }) => {
        const digest = digestOf(algorithm, bytes, { engine: 'portable' })
        expect(hex(digest)).toBe(slowCrc(polynomial, width, bytes))
      }),
      { numRuns: 80 },
    )
  })

  test('is what its source gives', async ({ skip }) => {
    const found = await import('assemblyscript/asc').catch(() => undefined)
    if (found === undefined) skip('assemblyscript is not installed')
    const script = fileURLToPath(new URL('../build-kernel.mjs', import.meta.url))
    await promisify(execFile)(process.execPath, [script, '--check'])
  }, 60_000)
})
