import { checkIndices, checkMemory, checkRegion, checkScratch, checkShards } from './check.ts'
import type { Engine, Shards } from './engine.ts'
import { typeError } from './errors.ts'
import { type CodecMemory, type Region, simdSupported } from './kernel.ts'
import { createLru, interpolate, MATRIX_CACHE_SIZE, type Recipe } from './matrix.ts'
import { createPortableEngine } from './portable-engine.ts'
import { checkScheme, type Scheme } from './scheme.ts'
import { createInPlaceEngine, createStagedEngine } from './simd-engine.ts'

/** What {@link createErasureCodec} takes. */
export interface ErasureCodecOptions extends Scheme {
  /** A shared WebAssembly memory where the shards live; they are worked on in place. @default none: shards are copied */
  readonly memory?: CodecMemory | undefined
  /** At least {@link SCRATCH_BYTES} of `memory` for this thread's codecs alone. Needed by the SIMD engine on a `memory`. */
  readonly scratch?: Region | undefined
  /** `auto` takes the SIMD kernel where the platform has SIMD. @default 'auto' */
  readonly engine?: 'auto' | 'simd' | 'portable' | undefined
}

/** Which of the missing shards to rebuild. */
export interface ReconstructOptions {
  /** A subset of `missing`. @default all of `missing` */
  readonly wanted?: readonly number[] | undefined
}

/** {@link ReconstructOptions} for shards at equal distances. */
export interface ReconstructAtOptions extends ReconstructOptions {
  /** Bytes from one shard's start to the next one's. @default shardLength */
  readonly stride?: number | undefined
}

/** Reed-Solomon for one scheme. All calls are synchronous, and work in place: what they compute is in the shards. */
export interface ErasureCodec {
  readonly scheme: Scheme
  readonly engine: 'simd' | 'portable'
  /** Reads the first k of k+m equal-length shards and writes the last m. */
  encode(shards: readonly Uint8Array[]): void
  /** `encode` on the k+m shards that start at `byteOffset + i * stride` in the codec's memory. */
  encodeAt(byteOffset: number, shardLength: number, stride?: number): void
  /** Whether the last m of k+m equal-length shards are the parity of the first k. */
  verify(shards: readonly Uint8Array[]): boolean
  /** Rebuilds the shards with these indices, m at most, from the others. Parity can be missing as well as data. */
  reconstruct(
    shards: readonly Uint8Array[],
    missing: readonly number[],
    options?: ReconstructOptions,
  ): void
  /** `reconstruct` on the k+m shards that start at `byteOffset + i * stride` in the codec's memory. */
  reconstructAt(
    byteOffset: number,
    shardLength: number,
    missing: readonly number[],
    options?: ReconstructAtOptions,
  ): void
}

/**
 * Makes a Reed-Solomon codec over GF(2^8) for one scheme.
 *
 * Synchronous: the first call of a thread reads and compiles the kernel, 7 KB, in about a millisecond. Calls check their arguments before the
 * kernel runs, so that bad input is an error with a code and never a trap; shards are left as they were.
 *
 * @param options Scheme, memory, scratch and engine.
 * @returns The codec.
 * @throws {RangeError} `ERR_EC_INVALID_SCHEME`; `ERR_EC_INVALID_SCRATCH` if the region is too small or outside `memory`.
 * @throws {TypeError} `ERR_EC_INVALID_SCRATCH` if the SIMD engine has a `memory` but no scratch;
 * `ERR_EC_INVALID_MEMORY` if `memory` is not a shared WebAssembly memory; `ERR_EC_INVALID_ENGINE`.
 * @throws {EcCodecError} `ERR_EC_NO_SIMD` if `engine` is `simd` and the platform has none; `ERR_EC_KERNEL_UNREADABLE`.
 * @see https://www.kaymgee.com/Kevin_Greenan/Publications_files/plank-fast2013.pdf for the multiplication by tables
 * @example Two of six shards lost
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createErasureCodec } from '@millrace/ec-codec'
 *
 * const codec = createErasureCodec({ k: 4, m: 2 })
 * const shards = Array.from({ length: 6 }, (_, i) => new Uint8Array(1000).fill(i))
 * codec.encode(shards)
 * assert.equal(codec.verify(shards), true)
 *
 * shards[1]?.fill(0)
 * shards[4]?.fill(0)
 * codec.reconstruct(shards, [1, 4])
 * assert.equal(shards[1]?.[999], 1)
 * assert.equal(codec.verify(shards), true)
 * ```
 */
export function createErasureCodec(options: ErasureCodecOptions): ErasureCodec {
  const { memory } = options
  const scheme = checkScheme(options)
  checkMemory(memory)
  const { k, m } = scheme
  const count = k + m
  const engine = createEngine(options, m)
  const scratch = engine.name === 'simd' ? options.scratch : undefined

  const data = range(0, k)
  const parity = range(k, count)
  const encoding = interpolate(data, parity)
  const recipes = createLru<Recipe>(MATRIX_CACHE_SIZE)

  function rebuild(
    shards: Shards,
    missing: readonly number[],
    wanted: readonly number[] = missing,
  ): void {
    checkIndices(scheme, missing, wanted)
    if (wanted.length === 0 || shards.length === 0) return
    const recipe = recipes(`${missing.join()}/${wanted.join()}`, () => {
      const sources = range(0, count).filter((index) => !missing.includes(index))
      return interpolate(sources.slice(0, k), [...wanted])
    })
    engine.run(recipe, shards, missing)
  }

  function parityOf(shards: Shards): void {
    if (m > 0 && shards.length > 0) engine.run(encoding, shards, parity)
  }

  return {
    scheme,
    engine: engine.name,
    encode: (shards) => parityOf(checkShards(shards, count, memory, scratch)),
    encodeAt: (byteOffset, shardLength, stride) =>
      parityOf(checkRegion(memory, scratch, count, byteOffset, shardLength, stride)),
    verify(shards) {
      const checked = checkShards(shards, count, memory, scratch)
      return m === 0 || checked.length === 0 || engine.check(encoding, checked)
    },
    reconstruct: (shards, missing, { wanted } = {}) =>
      rebuild(checkShards(shards, count, memory, scratch), missing, wanted),
    reconstructAt: (byteOffset, shardLength, missing, { stride, wanted } = {}) =>
      rebuild(
        checkRegion(memory, scratch, count, byteOffset, shardLength, stride),
        missing,
        wanted,
      ),
  }
}

function createEngine(options: ErasureCodecOptions, m: number): Engine {
  const { memory, scratch, engine = 'auto' } = options
  if (engine !== 'auto' && engine !== 'simd' && engine !== 'portable') {
    throw typeError(
      'ERR_EC_INVALID_ENGINE',
      `Cannot take engine: ${JSON.stringify(engine)}. Take auto, simd or portable`,
    )
  }
  if (engine === 'portable' || (engine === 'auto' && !simdSupported())) {
    return createPortableEngine(m)
  }
  if (memory === undefined) return createStagedEngine()
  return createInPlaceEngine(memory, checkScratch(memory, scratch))
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i)
}
