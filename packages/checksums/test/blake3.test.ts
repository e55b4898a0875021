import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { blake3Engine, blake3Into, createHasher, digestOf, enginesOf } from '@millrace/checksums'
import { describe, expect, test } from 'vitest'
import { BLAKE3_VECTORS } from './blake3-vectors.ts'
import { hex, pattern, shared } from './bytes.ts'

const run = promisify(execFile)

describe('blake3', () => {
  test.each(BLAKE3_VECTORS)('official vector of length %i', (length, digest) => {
    const input = pattern(length)
    for (const engine of enginesOf('blake3')) {
      expect(hex(digestOf('blake3', input, { engine }))).toBe(digest)
      expect(hex(digestOf('blake3', shared(input), { engine }))).toBe(digest)
      expect(hex(createHasher('blake3', { engine }).update(input).digest())).toBe(digest)
    }
  })

  test('native and portable agree on lengths around blocks, chunks and subtrees', () => {
    const input = pattern(140_000)
    for (let power = 6; power <= 17; power++) {
      for (const length of [2 ** power - 1, 2 ** power, 2 ** power + 1, 3 * 2 ** (power - 1)]) {
        const bytes = input.subarray(0, length)
        expect(digestOf('blake3', bytes, { engine: 'portable' })).toEqual(digestOf('blake3', bytes))
      }
    }
  })

  test('portable hashers that are dropped give their memory back', {
    timeout: 60_000,
  }, async () => {
    const script = `
      import { createHasher } from '@millrace/checksums'
      import { setImmediate } from 'node:timers/promises'
      const memory = () => process.memoryUsage().arrayBuffers + process.memoryUsage().external
      const drop = async () => {
        for (let i = 0; i < 2000; i++) createHasher('blake3', { engine: 'portable' }).update(new Uint8Array(1))
        global.gc()
        await setImmediate()
        await setImmediate()
      }
      await drop()
      const before = memory()
      for (let round = 0; round < 10; round++) await drop()
      console.log(memory() - before)`
    const { stdout } = await run(
      process.execPath,
      ['--expose-gc', '--input-type=module', '-e', script],
      { cwd: fileURLToPath(new URL('.', import.meta.url)) },
    )
    // 20,000 states of about 1.9 KB would be 38 MB.
    expect(Number(stdout)).toBeLessThan(8_000_000)
  })
})

describe('blake3Into()', () => {
  test('writes 32 bytes at the start of the target, and nothing else', () => {
    for (const length of [0, 1, 262_144, 262_145]) {
      const bytes = shared(pattern(length))
      const target = shared(new Uint8Array(40).fill(9))
      blake3Into(bytes, target)
      expect(hex(target.subarray(0, 32))).toBe(hex(digestOf('blake3', bytes)))
      expect([...target.subarray(32)]).toEqual(Array(8).fill(9))
    }
  })

  test('takes a target inside the memory that it hashes', () => {
    const slot = shared(pattern(1_000))
    const expected = digestOf('blake3', slot.slice(0, 900))
    blake3Into(slot.subarray(0, 900), slot.subarray(100))
    expect(hex(slot.subarray(100, 132))).toBe(hex(expected))
  })

  test('refuses a short target and what is not bytes', () => {
    const invalid = expect.objectContaining({ code: 'ERR_CHECKSUMS_INVALID_ARGUMENT' })
    expect(() => blake3Into(new Uint8Array(1), new Uint8Array(31))).toThrow(invalid)
    expect(() => blake3Into('x' as unknown as Uint8Array, new Uint8Array(32))).toThrow(invalid)
    expect(() => blake3Into(new Uint8Array(1), [] as unknown as Uint8Array)).toThrow(invalid)
  })
})

/** Each makes the addon fail in another way, in a process of its own. */
const FAILURES: Readonly<Record<string, string>> = {
  'is not installed': `throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })`,
  'does not load': `throw Object.assign(new Error('invalid ELF header'), { code: 'ERR_DLOPEN_FAILED' })`,
  'lacks a function': `return {}`,
  'gives wrong digests': `return {
    blake3: () => Buffer.alloc(32),
    Blake3Hasher: class { update() {} digestBuffer() { return Buffer.alloc(32) } },
  }`,
}

describe('blake3Engine()', () => {
  test.each(Object.entries(FAILURES))(
    'is portable where the addon %s',
    async (_, failure) => {
      const script = `
      const Module = require('node:module')
      const load = Module._load
      Module._load = function (request, ...rest) {
        if (request === '@napi-rs/blake-hash') { ${failure} }
        return load.call(this, request, ...rest)
      }
      import('@millrace/checksums').then((checksums) => {
        const bytes = new Uint8Array(300000)
        const target = new Uint8Array(32)
        checksums.blake3Into(bytes, target)
        let refusal
        try { checksums.createHasher('blake3', { engine: 'native' }) } catch (error) { refusal = error.code }
        console.log(JSON.stringify({
          engine: checksums.blake3Engine(),
          hasher: checksums.createHasher('blake3').engine,
          digest: Buffer.from(checksums.digestOf('blake3', bytes)).toString('hex'),
          target: Buffer.from(target).toString('hex'),
          refusal,
        }))
      })`
      const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', script], {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
      })
      const digest = hex(digestOf('blake3', new Uint8Array(300_000)))
      expect(JSON.parse(stdout)).toEqual({
        engine: 'portable',
        hasher: 'portable',
        digest,
        target: digest,
        refusal: 'ERR_CHECKSUMS_ENGINE_UNAVAILABLE',
      })
    },
    60_000,
  )

  test('names the engine that auto takes', () => {
    expect(enginesOf('blake3')[0]).toBe(blake3Engine())
  })
})
