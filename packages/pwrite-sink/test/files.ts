import { readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'

/** A folder for each test, removed afterwards; whatever the test did, no descriptor may point into it. */
export function useFolder(): {
  readonly path: string
  file(name?: string): string
  names(): Promise<string[]>
} {
  let path = ''
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'pwrite-sink-'))
  })
  afterEach(async () => {
    const open = openFiles(path)
    await rm(path, { recursive: true, force: true })
    expect(open).toEqual([])
  })
  return {
    get path() {
      return path
    },
    file: (name = 'file') => join(path, name),
    names: async () => (await readdir(path)).sort(),
  }
}

function openFiles(folder: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(`${folder}/`) ? [target] : []
    } catch {
      return []
    }
  })
}

/** Bytes of which each tells its position. */
export function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) * 7) & 0xff
  return bytes
}

export async function soon(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
