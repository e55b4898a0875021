// Examples that run: each ```ts fence of a README and of a docstring's @example becomes a test in .doctest/.
// Also checks that what packages export is documented. Throws with a list of what is missing.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
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

const DECLARATION = /^export (?:async )?(?:function\*?|class|interface|type|const) (\w+)/gm
const REEXPORT = /^export (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm
const STAR = /^export \* from '(\.[^']+)'/gm

/** What an entry file exports: pairs of the declaring file and the name there. */
function publicSymbols(file, found = new Map()) {
  const text = readFileSync(file, 'utf8')
  for (const [, name] of text.matchAll(DECLARATION)) found.set(`${file}#${name}`, { file, name })
  for (const [, names, from] of text.matchAll(REEXPORT)) {
    const target = join(dirname(file), from)
    for (const item of names.split(',')) {
      const name = item
        .trim()
        .replace(/^type /, '')
        .split(' as ')[0]
      if (name) found.set(`${target}#${name}`, { file: target, name })
    }
  }
  for (const [, from] of text.matchAll(STAR)) publicSymbols(join(dirname(file), from), found)
  return found
}

/** What is wrong with the docstring of an exported symbol; undefined where nothing is. */
function docFault({ file, name }) {
  const text = readFileSync(file, 'utf8')
  const declaration = new RegExp(
    `(\\/\\*\\*(?:(?!\\*\\/)[\\s\\S])*\\*\\/)?\\s*^export (?:async )?(function|class|interface|type|const)\\*? ${name}\\b`,
    'm',
  )
  const match = declaration.exec(text)
  // Not declared there: passed on from a file that is looked at by itself.
  if (match === null) return undefined
  const [, comment, kind] = match
  if (comment === undefined) return 'has no docstring'
  if (kind === 'function' && !comment.includes('@example')) return 'has no example'
  return undefined
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
    add(
      file,
      [...readFileSync(file, 'utf8').matchAll(FENCE)].map(([, code]) => code),
    )
  }
  markdown(join(ROOT, 'README.md'))
  for (const folder of ['packages', 'examples']) {
    for (const name of readdirSync(join(ROOT, folder))) {
      const home = join(ROOT, folder, name)
      if (!existsSync(join(home, 'README.md')))
        problems.push(`${folder}/${name}: README.md is missing`)
      markdown(join(home, 'README.md'))
      for (const file of sources(join(home, 'src')))
        add(file, docExamples(readFileSync(file, 'utf8')))
      if (folder !== 'packages') continue
      const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
      for (const { default: built } of Object.values(exports)) {
        if (built === undefined) continue
        const entry = join(home, built.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
        for (const symbol of publicSymbols(entry).values()) {
          const fault = docFault(symbol)
          if (fault) problems.push(`${relative(ROOT, symbol.file)}: ${symbol.name} ${fault}`)
        }
      }
    }
  }
  if (problems.length > 0) {
    throw new Error(`Documentation is not whole:\n  ${problems.join('\n  ')}`)
  }
  return { files, examples }
}
