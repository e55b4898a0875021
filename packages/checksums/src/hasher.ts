import { type Algorithm, checkAlgorithm } from './algorithms.ts'
import { NATIVE_BLAKE3, PORTABLE_BLAKE3 } from './blake3.ts'
import { NATIVE_CRC32, portableCrcEngine } from './crc.ts'
import type { Engine, HashEngine } from './engine.ts'
import { argumentError, ChecksumError, checkBytes } from './errors.ts'
import { nodeCryptoEngine } from './node-crypto.ts'
import { XXH64 } from './xxh64.ts'

/** Options of {@link createHasher} and {@link digestOf}. */
export interface HasherOptions {
  /**
   * `auto` takes the fastest that is there; `native` and `portable` insist.
   * @default 'auto'
   */
  readonly engine?: 'auto' | Engine
}

/** A hash under way. */
export interface Hasher {
  readonly algorithm: Algorithm
  /** The engine it runs on. */
  readonly engine: Engine
  /** Adds bytes, which are read before it returns and not kept. Views over shared memory are welcome. */
  update(bytes: Uint8Array): Hasher
  /** Ends the hash: the digest, most significant byte first, in an array of its own. */
  digest(): Uint8Array
}

const ENGINES: Readonly<Record<Algorithm, Readonly<Partial<Record<Engine, HashEngine>>>>> = {
  md5: { native: nodeCryptoEngine('md5') },
  sha1: { native: nodeCryptoEngine('sha1') },
  sha256: { native: nodeCryptoEngine('sha256') },
  crc32: {
    ...(NATIVE_CRC32 && { native: NATIVE_CRC32 }),
    portable: portableCrcEngine('crc32'),
  },
  crc32c: { portable: portableCrcEngine('crc32c') },
  crc64nvme: { portable: portableCrcEngine('crc64nvme') },
  blake3: { ...(NATIVE_BLAKE3 && { native: NATIVE_BLAKE3 }), portable: PORTABLE_BLAKE3 },
  xxh64: { portable: XXH64 },
}

/**
 * The engines on which an algorithm runs here, the one that `auto` takes first.
 *
 * @param algorithm one of ALGORITHMS
 * @returns one or both of `native` and `portable`
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { enginesOf } from '@millrace/checksums'
 *
 * assert.deepEqual(enginesOf('crc32c'), ['portable'])
 * assert.ok(enginesOf('blake3').includes('portable'))
 * ```
 */
export function enginesOf(algorithm: Algorithm): readonly Engine[] {
  checkAlgorithm(algorithm)
  return Object.keys(ENGINES[algorithm]) as Engine[]
}

/** @internal Finds the engine, or says why there is none. */
export function selectEngine(
  algorithm: Algorithm,
  options: HasherOptions,
): readonly [Engine, HashEngine] {
  checkAlgorithm(algorithm)
  const wanted = options.engine ?? 'auto'
  if (wanted !== 'auto' && wanted !== 'native' && wanted !== 'portable') {
    throw argumentError(TypeError, `Engine must be auto, native or portable: ${String(wanted)}`)
  }
  const { native, portable } = ENGINES[algorithm]
  if (native !== undefined && wanted !== 'portable') return ['native', native]
  if (portable !== undefined && wanted !== 'native') return ['portable', portable]
  throw new ChecksumError(
    'ERR_CHECKSUMS_ENGINE_UNAVAILABLE',
    `There is no such engine here, use auto: ${wanted} ${algorithm}`,
  )
}

/**
 * Starts a hash.
 *
 * @param algorithm one of ALGORITHMS
 * @param options see {@link HasherOptions}
 * @returns a Hasher; it keeps no reference to the bytes it is given
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT` for an unknown algorithm or engine
 * @throws {ChecksumError} `ERR_CHECKSUMS_ENGINE_UNAVAILABLE` when the engine insisted on is not there;
 *   `ERR_CHECKSUMS_FINISHED` from `update` and `digest` after `digest`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { createHasher } from '@millrace/checksums'
 *
 * const hasher = createHasher('crc32c')
 * hasher.update(Buffer.from('1234')).update(Buffer.from('56789'))
 * assert.equal(Buffer.from(hasher.digest()).toString('hex'), 'e3069283')
 * ```
 */
export function createHasher(algorithm: Algorithm, options: HasherOptions = {}): Hasher {
  const [engine, implementation] = selectEngine(algorithm, options)
  const state = implementation.start()
  let finished = false
  const checkOpen = (): void => {
    if (!finished) return
    throw new ChecksumError(
      'ERR_CHECKSUMS_FINISHED',
      `This hasher has given its digest, create another: ${algorithm}`,
    )
  }
  const hasher: Hasher = {
    algorithm,
    engine,
    update(bytes) {
      checkOpen()
      checkBytes('Bytes', bytes)
      state.update(bytes)
      return hasher
    },
    digest() {
      checkOpen()
      finished = true
      return state.digest()
    },
  }
  return hasher
}

/**
 * The digest of bytes that lie there whole.
 *
 * @param algorithm one of ALGORITHMS
 * @param bytes what to hash
 * @param options see {@link HasherOptions}
 * @returns the digest, most significant byte first
 * @throws {TypeError} `ERR_CHECKSUMS_INVALID_ARGUMENT`
 * @throws {ChecksumError} `ERR_CHECKSUMS_ENGINE_UNAVAILABLE`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { digestOf } from '@millrace/checksums'
 *
 * const digest = digestOf('md5', new Uint8Array(0))
 * assert.equal(Buffer.from(digest).toString('hex'), 'd41d8cd98f00b204e9800998ecf8427e')
 * ```
 */
export function digestOf(
  algorithm: Algorithm,
  bytes: Uint8Array,
  options: HasherOptions = {},
): Uint8Array {
  const [, engine] = selectEngine(algorithm, options)
  checkBytes('Bytes', bytes)
  if (engine.once !== undefined) return engine.once(bytes)
  const state = engine.start()
  state.update(bytes)
  return state.digest()
}
