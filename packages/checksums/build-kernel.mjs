// Compiles assembly/crc.ts and embeds the module in src/crc-kernel-bytes.ts. Run it after a change of the source:
// node build-kernel.mjs [--check]
import { readFile, writeFile } from 'node:fs/promises'
import { createMemoryStream, main } from 'assemblyscript/asc'

const TARGET = new URL('src/crc-kernel-bytes.ts', import.meta.url)

// Two pages: tables, state and input lie at fixed places; data of the compiler's own would come after.
const FLAGS =
  '-O3 --noAssert --runtime stub --initialMemory 2 --maximumMemory 2 --memoryBase 131072'

async function compile() {
  const source = await readFile(new URL('assembly/crc.ts', import.meta.url), 'utf8')
  const stderr = createMemoryStream()
  let binary
  const { error } = await main(['crc.ts', '--outFile', 'crc.wasm', ...FLAGS.split(' ')], {
    stderr,
    readFile: (name) => (name === 'crc.ts' ? source.replaceAll('// inline:', '@inline') : null),
    writeFile: (_, contents) => void (binary = contents),
    listFiles: () => [],
  })
  if (error !== null || binary === undefined) throw new Error(stderr.toString(), { cause: error })
  return Buffer.from(binary)
}

const binary = await compile()
const lines = binary.toString('base64').match(/.{1,90}/g) ?? []
const text = [
  '// Generated from assembly/crc.ts by build-kernel.mjs. Change the source, not this file.',
  '',
  '/** The CRC kernel, a WebAssembly module in base64. */',
  'export const CRC_KERNEL_BASE64: string = [',
  ...lines.map((line) => `  '${line}',`),
  "].join('')",
  '',
].join('\n')

if (!process.argv.includes('--check')) {
  await writeFile(TARGET, text)
  console.log(`src/crc-kernel-bytes.ts: ${binary.length} bytes of WebAssembly`)
} else if ((await readFile(TARGET, 'utf8')) !== text) {
  throw new Error('src/crc-kernel-bytes.ts is not what assembly/crc.ts gives: run build-kernel.mjs')
}
