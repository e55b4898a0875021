// Compiles assembly/crc.ts and embeds the module in src/crc-kernel-bytes.ts. Run it after a change of the source:
// node scripts/build-kernel.mjs [--check]
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const root = new URL('../', import.meta.url)
const target = new URL('src/crc-kernel-bytes.ts', root)

const { error, stdout, stderr, binary } = await compile()
if (error !== null || binary === undefined) {
  console.error(stderr.toString(), stdout.toString())
  throw error ?? new Error('The compiler wrote no module')
}

const lines =
  Buffer.from(binary)
    .toString('base64')
    .match(/.{1,90}/g) ?? []
const text = [
  '// Generated from assembly/crc.ts by scripts/build-kernel.mjs. Change the source, not this file.',
  '',
  '/** The CRC kernel, a WebAssembly module in base64. */',
  'export const CRC_KERNEL_BASE64: string = [',
  ...lines.map((line) => `  '${line}',`),
  "].join('')",
  '',
].join('\n')

if (process.argv.includes('--check')) {
  if ((await readFile(target, 'utf8')) !== text) {
    throw new Error(
      'src/crc-kernel-bytes.ts is not what assembly/crc.ts gives: run scripts/build-kernel.mjs',
    )
  }
} else {
  await writeFile(target, text)
  console.log(`${fileURLToPath(target)}: ${binary.length} bytes of WebAssembly`)
}

async function compile() {
  let binary
  const result = await asc.main(
    [
      'assembly/crc.ts',
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--initialMemory',
      '4',
      '--maximumMemory',
      '4',
      '--memoryBase',
      '262144',
      '--outFile',
      'crc.wasm',
    ],
    {
      readFile: (name) => readFile(new URL(name, root), 'utf8').catch(() => null),
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents
      },
      listFiles: () => [],
    },
  )
  return { ...result, binary }
}
