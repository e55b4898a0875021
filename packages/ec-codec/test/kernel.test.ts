import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { memory, viewAt } from './memory.ts'

const path = createRequire(import.meta.url).resolve('@millrace/ec-codec')

test('instantiating the kernel writes nothing into the memory', () => {
  const module = new WebAssembly.Module(readFileSync(new URL('./kernel.wasm', `file://${path}`)))
  new Uint8Array(memory.buffer).fill(0xa5)
  const instance = new WebAssembly.Instance(module, { env: { memory } } as never)
  expect(Object.keys(instance.exports)).toContain('code')
  expect(new Uint8Array(memory.buffer).every((byte) => byte === 0xa5)).toBe(true)
  viewAt(0, 1).fill(0)
})
