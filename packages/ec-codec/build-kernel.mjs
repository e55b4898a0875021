// Compiles assembly/kernel.ts to dist/kernel.wasm.
import { mkdir, writeFile, readFile } from 'node:fs/promises'
import { main } from 'assemblyscript/asc'

const root = new URL('./', import.meta.url)
const output = new URL('dist/kernel.wasm', root)

const compiled = []
const { error } = await main(
  [
    'assembly/kernel.ts',
    '--outFile=kernel.wasm',
    '--importMemory',
    '--sharedMemory',
    '--initialMemory=1',
    '--maximumMemory=65536',
    '--enable=simd,threads',
    '--runtime=stub',
    '--noAssert',
    '-O3',
    // Vectors passed between functions: all of them are inlined.
    '--disableWarning=112',
  ],
  {
    readFile: (name) => readFile(new URL(name, root), 'utf8').catch(() => null),
    writeFile: (_name, contents) => compiled.push(contents),
    listFiles: () => [],
    stderr: process.stderr,
  },
)
const [binary] = compiled
if (error || !(binary instanceof Uint8Array)) {
  throw error ?? new Error('The compiler wrote no module')
}

// Many workers instantiate the kernel on one slab: were there a data segment or a start function, each of them would
// write over what lies there.
const START_SECTION = 8
const DATA_SECTION = 11
for (const id of sections(binary)) {
  if (id === START_SECTION || id === DATA_SECTION) {
    throw new Error(`The kernel must not write at instantiation: it has a section with id ${id}`)
  }
}

await mkdir(new URL('dist/', root), { recursive: true })
await writeFile(output, binary)

function* sections(module) {
  let at = 8
  while (at < module.length) {
    yield module[at++]
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]
      size |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    at += size
  }
}
