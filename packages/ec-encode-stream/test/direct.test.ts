import { constants } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createShardFiles, encodeStripes, writeShards } from '@millrace/ec-encode-stream'
import { openWorkerLanes } from '@millrace/worker-lanes'
import { expect, test } from 'vitest'

const scheme = { k: 2, m: 1 }
const unit = 8192

/** Writes the same body with and without direct descriptors and gives both files of each shard. */
async function bothWays(size: number): Promise<readonly (readonly [Buffer, Buffer])[]> {
  const home = await mkdtemp(join(tmpdir(), 'direct-'))
  const body = Buffer.alloc(size, 'millrace ')
  const lanes = openWorkerLanes({ scheme, unit, threads: 2 })
  try {
    const paths = (kind: string) => [0, 1, 2].map((shard) => join(home, `${kind}-${shard}`))
    const plain = await createShardFiles(paths('plain'))
    await writeShards()(encodeStripes({ scheme, unit, lanes, files: plain.files })([body]))
    await plain.close()
    const other = await createShardFiles(paths('direct'))
    const direct = await Promise.all(
      paths('direct').map((path) =>
        open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined),
      ),
    )
    const files = other.files.map((file, shard) =>
      file === undefined ? undefined : { ...file, directFd: direct[shard]?.fd },
    )
    const summary = await writeShards()(encodeStripes({ scheme, unit, lanes, files })([body]))
    expect(summary.failures).toEqual([undefined, undefined, undefined])
    for (const handle of direct) await handle?.close()
    await other.close()
    return await Promise.all(
      [0, 1, 2].map(
        async (shard) =>
          [
            await readFile(paths('plain')[shard] as string),
            await readFile(paths('direct')[shard] as string),
          ] as const,
      ),
    )
  } finally {
    await lanes.close()
    await rm(home, { recursive: true })
  }
}

test.each([0, 1, 2 * unit, 2 * unit + 1, 7 * 2 * unit + 4096, 7 * 2 * unit + 5000])(
  'directFd writes the same files, size %d',
  async (size) => {
    for (const [plain, direct] of await bothWays(size)) expect(direct.equals(plain)).toBe(true)
  },
)
