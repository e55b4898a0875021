import { createErasureCodec, MATRIX_CACHE_SIZE, SCRATCH_BYTES } from '@millrace/ec-codec'
import { beforeEach, describe, expect, test } from 'vitest'
import { memory, scratch, viewAt } from './memory.ts'

const MESSAGE = /^[A-Z].*[^.]$/

/** Asserts a coded argument error whose message has the house's form. */
function refuses(call: () => unknown, code: string): void {
  let thrown: unknown
  try {
    call()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(Error)
  expect(thrown).toMatchObject({ code, message: expect.stringMatching(MESSAGE) })
}

function shardsOf(length: number, count = 6): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(length).fill(i + 1))
}

const codecs = {
  simd: createErasureCodec({ k: 4, m: 2, engine: 'simd' }),
  portable: createErasureCodec({ k: 4, m: 2, engine: 'portable' }),
}

for (const [name, codec] of Object.entries(codecs)) {
  describe(`the ${name} engine`, () => {
    test('says which engine and scheme it has', () => {
      expect(codec.engine).toBe(name)
      expect(codec.scheme).toEqual({ k: 4, m: 2 })
    })

    test('refuses shards that do not fit', () => {
      const unequal = [...shardsOf(16).slice(0, 5), new Uint8Array(15)]
      refuses(() => codec.encode(unequal), 'ERR_EC_UNEQUAL_SHARDS')
      refuses(() => codec.verify(unequal), 'ERR_EC_UNEQUAL_SHARDS')
      refuses(() => codec.reconstruct(unequal, [0]), 'ERR_EC_UNEQUAL_SHARDS')
      refuses(() => codec.encode(shardsOf(16, 5)), 'ERR_EC_INVALID_SHARDS')
      refuses(() => codec.encode(shardsOf(16, 7)), 'ERR_EC_INVALID_SHARDS')
      refuses(() => codec.encode(undefined as unknown as Uint8Array[]), 'ERR_EC_INVALID_SHARDS')
      refuses(
        () => codec.reconstruct([null, ...shardsOf(16, 5)] as unknown as Uint8Array[], [0]),
        'ERR_EC_INVALID_SHARDS',
      )
    })

    test('refuses shards that overlap', () => {
      const twice = shardsOf(16)
      twice[5] = twice[0] as Uint8Array
      refuses(() => codec.encode(twice), 'ERR_EC_OVERLAPPING_SHARDS')
      const bytes = new Uint8Array(100)
      const byOne = Array.from({ length: 6 }, (_, i) => bytes.subarray(i * 15, i * 15 + 16))
      refuses(() => codec.encode(byOne), 'ERR_EC_OVERLAPPING_SHARDS')
      codec.encode(Array.from({ length: 6 }, (_, i) => bytes.subarray(i * 16, i * 16 + 16)))
    })

    test('refuses to rebuild what cannot be, and leaves the shards as they were', () => {
      const shards = shardsOf(16)
      refuses(() => codec.reconstruct(shards, [0, 1, 2]), 'ERR_EC_TOO_MANY_MISSING')
      refuses(() => codec.reconstruct(shards, [1, 1]), 'ERR_EC_INVALID_INDEX')
      for (const index of [-1, 6, 0.5, Number.NaN, '1' as unknown as number]) {
        refuses(() => codec.reconstruct(shards, [index]), 'ERR_EC_INVALID_INDEX')
      }
      refuses(() => codec.reconstruct(shards, 1 as unknown as number[]), 'ERR_EC_INVALID_INDEX')
      refuses(() => codec.reconstruct(shards, [0], { wanted: [1] }), 'ERR_EC_INVALID_INDEX')
      refuses(() => codec.reconstruct(shards, [0, 1], { wanted: [1, 1] }), 'ERR_EC_INVALID_INDEX')
      expect(shards).toEqual(shardsOf(16))
    })

    test('takes shards without bytes, and nothing missing', () => {
      codec.encode(shardsOf(0))
      expect(codec.verify(shardsOf(0))).toBe(true)
      codec.reconstruct(shardsOf(0), [0, 5])
      const shards = shardsOf(16)
      codec.reconstruct(shards, [])
      expect(shards).toEqual(shardsOf(16))
    })

    test('never reads what is missing', () => {
      const shards = shardsOf(1000)
      codec.encode(shards)
      const whole = shards.map((shard) => shard.slice())
      for (const index of [0, 3]) crypto.getRandomValues(shards[index] as Uint8Array<ArrayBuffer>)
      codec.reconstruct(shards, [0, 3])
      expect(shards).toEqual(whole)
    })
  })
}

test('every pattern of losses of 4+2 comes back, more often than matrices are kept', () => {
  const codec = createErasureCodec({ k: 9, m: 3 })
  const shards = shardsOf(48, 12)
  codec.encode(shards)
  const whole = shards.map((shard) => shard.slice())
  let patterns = 0
  for (let a = 0; a < 12; a++) {
    for (let b = a + 1; b < 12; b++) {
      for (let c = b + 1; c < 12; c++, patterns++) {
        for (const index of [a, b, c]) shards[index]?.fill(0)
        codec.reconstruct(shards, [c, a, b])
        for (const index of [a, b, c]) {
          expect(Buffer.compare(shards[index] as Uint8Array, whole[index] as Uint8Array)).toBe(0)
        }
      }
    }
  }
  expect(patterns).toBeGreaterThan(MATRIX_CACHE_SIZE)
})

describe('in a memory', () => {
  const codec = createErasureCodec({ k: 4, m: 2, memory, scratch })
  const end = memory.buffer.byteLength
  beforeEach(() => viewAt(0, 8192).fill(0xee))

  test('encodeAt() and reconstructAt() work at any distance and write nothing else', () => {
    for (const [length, stride] of [
      [100, 100],
      [100, 128],
      [37, 64],
      [16, 17],
    ] as const) {
      viewAt(0, 8192).fill(0xee)
      const shards = Array.from({ length: 6 }, (_, i) => viewAt(3 + i * stride, length))
      for (const [index, shard] of shards.entries()) shard.fill(index * 7)
      const between = (): Uint8Array => {
        const bytes = viewAt(0, 8192).slice()
        for (let i = 0; i < 6; i++) bytes.fill(0, 3 + i * stride, 3 + i * stride + length)
        return bytes
      }
      const before = between()
      codec.encodeAt(SCRATCH_BYTES + 3, length, stride)
      expect(codec.verify(shards)).toBe(true)
      const whole = shards.map((shard) => shard.slice())
      shards[2]?.fill(0)
      shards[5]?.fill(0)
      codec.reconstructAt(SCRATCH_BYTES + 3, length, [2, 5], { stride, wanted: [2] })
      expect(shards[2]?.slice()).toEqual(whole[2])
      expect(shards[5]?.every((byte) => byte === 0)).toBe(true)
      codec.reconstructAt(SCRATCH_BYTES + 3, length, [2, 5], { stride })
      expect(shards.map((shard) => shard.slice())).toEqual(whole)
      expect(Buffer.compare(between(), before)).toBe(0)
    }
  })

  test('the portable engine works at a place too', () => {
    const portable = createErasureCodec({ k: 4, m: 2, memory, engine: 'portable' })
    viewAt(0, 400).fill(9)
    portable.encodeAt(SCRATCH_BYTES, 100)
    const shards = Array.from({ length: 6 }, (_, i) => viewAt(i * 100, 100))
    expect(codec.verify(shards)).toBe(true)
    viewAt(100, 100).fill(0)
    portable.reconstructAt(SCRATCH_BYTES, 100, [1])
    expect(codec.verify(shards)).toBe(true)
  })

  test('codecs of one thread may share the scratch', () => {
    const other = createErasureCodec({ k: 2, m: 3, memory, scratch })
    const six = Array.from({ length: 6 }, (_, i) => viewAt(i * 50, 50))
    const five = Array.from({ length: 5 }, (_, i) => viewAt(1000 + i * 50, 50))
    codec.encode(six)
    other.encode(five)
    codec.reconstruct(six, [0, 4])
    other.reconstruct(five, [0, 1, 4])
    expect([codec.verify(six), other.verify(five)]).toEqual([true, true])
  })

  test('shards may touch the end of the memory, and not pass it', () => {
    codec.encodeAt(end - 600, 100)
    codec.encodeAt(end, 0)
    refuses(() => codec.encodeAt(end - 599, 100), 'ERR_EC_OUTSIDE_MEMORY')
    refuses(() => codec.encodeAt(end - 600, 100, 101), 'ERR_EC_OUTSIDE_MEMORY')
    refuses(() => codec.reconstructAt(end, 1, [0]), 'ERR_EC_OUTSIDE_MEMORY')
    refuses(() => codec.encodeAt(2 ** 53, 1), 'ERR_EC_INVALID_SHARDS')
    refuses(() => codec.encodeAt(-1, 1), 'ERR_EC_INVALID_SHARDS')
    refuses(() => codec.encodeAt(SCRATCH_BYTES, 10, 9), 'ERR_EC_INVALID_SHARDS')
    refuses(() => codec.encodeAt(SCRATCH_BYTES, 1.5), 'ERR_EC_INVALID_SHARDS')
  })

  test('shards elsewhere or in the scratch are refused', () => {
    refuses(() => codec.encode(shardsOf(16)), 'ERR_EC_OUTSIDE_MEMORY')
    refuses(() => codec.encodeAt(SCRATCH_BYTES - 1, 16), 'ERR_EC_OUTSIDE_MEMORY')
    const inside = Array.from(
      { length: 6 },
      (_, i) => new Uint8Array(memory.buffer, SCRATCH_BYTES - 16 + i * 16, 16),
    )
    refuses(() => codec.encode(inside), 'ERR_EC_OUTSIDE_MEMORY')
  })
})

describe('createErasureCodec() refuses', () => {
  test('schemes out of bounds', () => {
    for (const [k, m] of [
      [0, 1],
      [1, -1],
      [256, 1],
      [1.5, 1],
      [Number.NaN, 1],
    ] as const) {
      refuses(() => createErasureCodec({ k, m }), 'ERR_EC_INVALID_SCHEME')
    }
  })

  test('memory, scratch and engines that do not fit', () => {
    const make = (options: object): unknown => createErasureCodec({ k: 4, m: 2, ...options })
    refuses(() => make({ memory: {} }), 'ERR_EC_INVALID_MEMORY')
    refuses(
      () => make({ memory: new WebAssembly.Memory({ initial: 4 }), scratch }),
      'ERR_EC_INVALID_MEMORY',
    )
    refuses(
      () => make({ memory: { buffer: new SharedArrayBuffer(2 ** 20) }, scratch }),
      'ERR_EC_INVALID_MEMORY',
    )
    refuses(() => make({ memory }), 'ERR_EC_INVALID_SCRATCH')
    for (const region of [
      { byteOffset: 0, byteLength: SCRATCH_BYTES - 1 },
      { byteOffset: -1, byteLength: SCRATCH_BYTES },
      { byteOffset: memory.buffer.byteLength - SCRATCH_BYTES + 1, byteLength: SCRATCH_BYTES },
    ]) {
      refuses(() => make({ memory, scratch: region }), 'ERR_EC_INVALID_SCRATCH')
    }
    refuses(() => make({ engine: 'fast' }), 'ERR_EC_INVALID_ENGINE')
  })

  test('a place in memory where there is none', () => {
    refuses(() => codecs.simd.encodeAt(0, 16), 'ERR_EC_INVALID_MEMORY')
  })
})

test('scratch works at the end of the memory, at an odd address', () => {
  const byteOffset = memory.buffer.byteLength - SCRATCH_BYTES
  for (const scratch of [
    { byteOffset, byteLength: SCRATCH_BYTES },
    { byteOffset: byteOffset - 13, byteLength: SCRATCH_BYTES },
  ]) {
    const codec = createErasureCodec({ k: 128, m: 128, memory, scratch })
    const shards = Array.from({ length: 256 }, (_, i) => viewAt(i * 100, 100))
    for (const shard of shards.slice(0, 128)) shard.fill(shard.byteOffset)
    const after = new Uint8Array(memory.buffer, byteOffset + SCRATCH_BYTES - 13).slice()
    codec.encode(shards)
    expect(codec.verify(shards)).toBe(true)
    if (scratch.byteOffset < byteOffset) {
      expect(new Uint8Array(memory.buffer, byteOffset + SCRATCH_BYTES - 13)).toEqual(after)
    }
  }
})
