import { createErasureCodec } from '@millrace/ec-codec'
import { expect, test } from 'vitest'

test('where SIMD does not compile, auto takes the portable engine and simd is an error', () => {
  const { Module } = WebAssembly
  WebAssembly.Module = class {
    constructor() {
      throw new WebAssembly.CompileError('Wasm SIMD unsupported')
    }
  } as never
  try {
    expect(createErasureCodec({ k: 4, m: 2 }).engine).toBe('portable')
    expect(() => createErasureCodec({ k: 4, m: 2, engine: 'simd' })).toThrow(
      expect.objectContaining({ name: 'EcCodecError', code: 'ERR_EC_NO_SIMD', retryable: false }),
    )
  } finally {
    WebAssembly.Module = Module
  }
  expect(createErasureCodec({ k: 4, m: 2 }).engine).toBe('simd')
})
