import type { Engine } from './engine.ts'
import { NIBBLE_TABLES, TABLE_BYTES } from './field.ts'
import { type CodecMemory, createMemory, kernelOn } from './kernel.ts'
import type { Recipe } from './matrix.ts'
import { MAX_SHARDS } from './scheme.ts'

const TABLES = NIBBLE_TABLES.length
/** A cell per coefficient; most of them at k = m = 128. */
const MATRIX = (MAX_SHARDS / 2) ** 2 * 4
const POINTERS = MAX_SHARDS * 4
const CHECK_BUFFER = 16_384
const ALIGNMENT = 64

/**
 * Bytes of scratch that a codec needs in the memory it works on: the tables of all 256 constants, a matrix, pointers
 * and a buffer for `verify`, for any scheme up to 256 shards; rounded up to whole pages of 4 KiB.
 *
 * Each call writes what it needs and nothing is kept there between calls, so that the codecs of one thread may have one
 * scratch region together. Two threads never may.
 */
export const SCRATCH_BYTES: number =
  Math.ceil((ALIGNMENT + TABLES + MATRIX + 3 * POINTERS + CHECK_BUFFER) / 4096) * 4096

/** Bytes for foreign shards on their way through the kernel: with the tables, half of a small L2 cache. */
const STAGING = 262_144
const STAGING_BLOCK = 16_384

interface Bench {
  readonly inputs: Uint32Array
  readonly outputs: Uint32Array
  code(recipe: Recipe, length: number): void
  check(recipe: Recipe, length: number): boolean
}

/** Lays the scratch region out and gives the kernel's two calls on it. Pointers are to be set before each. */
function createBench(memory: CodecMemory, scratch: number): Bench {
  const kernel = kernelOn(memory)
  const tables = Math.ceil(scratch / ALIGNMENT) * ALIGNMENT
  const matrixAt = tables + TABLES
  const inputsAt = matrixAt + MATRIX
  const outputsAt = inputsAt + POINTERS
  const spareAt = outputsAt + POINTERS
  const bufferAt = spareAt + POINTERS
  new Uint8Array(memory.buffer, tables, TABLES).set(NIBBLE_TABLES)
  const matrix = new Uint32Array(memory.buffer, matrixAt, MATRIX / 4)

  function fill({ coefficients }: Recipe): void {
    for (let i = 0; i < coefficients.length; i++) {
      matrix[i] = tables + (coefficients[i] as number) * TABLE_BYTES
    }
  }

  return {
    inputs: new Uint32Array(memory.buffer, inputsAt, MAX_SHARDS),
    outputs: new Uint32Array(memory.buffer, outputsAt, MAX_SHARDS),
    code(recipe, length) {
      fill(recipe)
      const { sources, targets, paired } = recipe
      kernel.code(
        sources.length,
        targets.length,
        inputsAt,
        outputsAt,
        matrixAt,
        tables,
        paired,
        length,
      )
    },
    check(recipe, length) {
      fill(recipe)
      const { sources, targets, paired } = recipe
      const same = kernel.check(
        sources.length,
        targets.length,
        inputsAt,
        outputsAt,
        matrixAt,
        tables,
        paired,
        length,
        spareAt,
        bufferAt,
        CHECK_BUFFER,
      )
      return same === 1
    },
  }
}

/** @internal The kernel on shards that live in `memory`: nothing is copied. */
export function createInPlaceEngine(memory: CodecMemory, scratch: number): Engine {
  const bench = createBench(memory, scratch)

  function point({ sources, targets }: Recipe, address: (index: number) => number): void {
    for (let i = 0; i < sources.length; i++) bench.inputs[i] = address(sources[i] as number)
    for (let i = 0; i < targets.length; i++) bench.outputs[i] = address(targets[i] as number)
  }

  return {
    name: 'simd',
    run(recipe, shards) {
      point(recipe, shards.address)
      bench.code(recipe, shards.length)
    },
    check(recipe, shards) {
      point(recipe, shards.address)
      return bench.check(recipe, shards.length)
    },
  }
}

interface Stage {
  readonly bench: Bench
  readonly bytes: Uint8Array
}

let stage: Stage | undefined

/** One staging memory for all codecs of a thread: a call leaves nothing there that the next would need. */
function sharedStage(): Stage {
  if (stage === undefined) {
    const memory = createMemory(SCRATCH_BYTES + STAGING)
    stage = {
      bench: createBench(memory, 0),
      bytes: new Uint8Array(memory.buffer, SCRATCH_BYTES, STAGING),
    }
  }
  return stage
}

/** @internal The kernel on shards that live anywhere: they pass through a private memory in blocks. */
export function createStagedEngine(): Engine {
  const { bench, bytes } = sharedStage()

  /** Calls `work` for each block with its sources (and targets, to compare) in the staging memory. */
  function eachBlock(
    { sources, targets }: Recipe,
    length: number,
    work: (from: number, block: number, place: (nth: number) => Uint8Array) => boolean,
  ): boolean {
    const count = sources.length + targets.length
    const room = Math.min(STAGING_BLOCK, Math.floor(STAGING / count / ALIGNMENT) * ALIGNMENT)
    for (let nth = 0; nth < count; nth++) {
      const address = bytes.byteOffset + nth * room
      if (nth < sources.length) bench.inputs[nth] = address
      else bench.outputs[nth - sources.length] = address
    }
    for (let from = 0; from < length; from += room) {
      const block = Math.min(room, length - from)
      if (!work(from, block, (nth) => bytes.subarray(nth * room, nth * room + block))) return false
    }
    return true
  }

  return {
    name: 'simd',
    run(recipe, shards) {
      const { sources, targets } = recipe
      eachBlock(recipe, shards.length, (from, block, place) => {
        for (const [nth, source] of sources.entries()) {
          place(nth).set(shards.view(source).subarray(from, from + block))
        }
        bench.code(recipe, block)
        for (const [nth, target] of targets.entries()) {
          shards.view(target).set(place(sources.length + nth), from)
        }
        return true
      })
    },
    check(recipe, shards) {
      return eachBlock(recipe, shards.length, (from, block, place) => {
        for (const [nth, index] of [...recipe.sources, ...recipe.targets].entries()) {
          place(nth).set(shards.view(index).subarray(from, from + block))
        }
        return bench.check(recipe, block)
      })
    },
  }
}
