// Examples that run: each ```ts fence of a README and of a docstring's @example becomes a test in .doctest/.
// Also checks that what packages export is documented. Throws with a list of what is missing.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from './setup.mjs'

const OUT = join(ROOT, '.doctest')
const FENCE = /```ts\n([\s\S]*?)```/g

function sources(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name))
}

function docExamples(text) {
  const found = []
  for (const [comment] of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    if (!comment.includes('@example')) continue
    const plain = comment
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, ''))
      .join('\n')
    for (const [, code] of plain.slice(plain.indexOf('@example')).matchAll(FENCE)) found.push(code)
  }
  return found
}

/** Exported functions of a file that lack a docstring directly before them. */
function undocumented(text) {
  const lines = text.split('\n')
  const names = []
  for (const [index, line] of lines.entries()) {
    const match = /^export (?:async )?(?:function\*?|class|interface|type|const) (\w+)/.exec(line)
    if (!match) continue
    const before = (lines[index - 1] ?? '').trim()
    // A later overload shares the first one's docstring.
    if (names.includes(match[1]) || text.includes(`*/\n${line}`)) continue
    const isOverload = lines
      .slice(0, index)
      .some((earlier) => new RegExp(`^export (async )?function\\*? ${match[1]}\\b`).test(earlier))
    if (!before.endsWith('*/') && !isOverload) names.push(match[1])
  }
  return names
}

/** Writes the example tests; gives how many there are. */
export function checkDocs() {
  rmSync(OUT, { recursive: true, force: true })
  const problems = []
  let files = 0
  let examples = 0
  const add = (file, codes) => {
    if (codes.length === 0) return
    files++
    const slug = relative(ROOT, file).replace(/[^\w]+/g, '-')
    const folder = join(OUT, slug)
    mkdirSync(folder, { recursive: true })
    const tests = codes.map((code, index) => {
      examples++
      if (!/\bassert\b|\bexpect\b/.test(code)) {
        problems.push(`${relative(ROOT, file)}: example ${index + 1} asserts nothing`)
      }
      writeFileSync(join(folder, `example-${index + 1}.ts`), code)
      return `test('${relative(ROOT, file)} example ${index + 1}', async () => {\n  await import('./example-${index + 1}.ts')\n})\n`
    })
    writeFileSync(
      join(folder, 'examples.test.ts'),
      `import { test } from 'vitest'\n\n${tests.join('\n')}`,
    )
  }
  const markdown = (file) => {
    if (!existsSync(file)) return
    add(file, [...readFileSync(file, 'utf8').matchAll(FENCE)].map(([, code]) => code))
  }
  markdown(join(ROOT, 'README.md'))
  for (const folder of ['packages', 'examples']) {
    for (const name of readdirSync(join(ROOT, folder))) {
      const home = join(ROOT, folder, name)
      if (!existsSync(join(home, 'README.md'))) problems.push(`${folder}/${name}: README.md is missing`)
      markdown(join(home, 'README.md'))
      for (const file of sources(join(home, 'src'))) {
        const text = readFileSync(file, 'utf8')
        add(file, docExamples(text))
        if (folder === 'packages') {
          for (const symbol of undocumented(text)) {
            problems.push(`${relative(ROOT, file)}: ${symbol} has no docstring`)
          }
        }
      }
    }
  }
  if (problems.length > 0) {
    throw new Error(`Documentation is not whole:\n  ${problems.join('\n  ')}`)
  }
  return { files, examples }
}
