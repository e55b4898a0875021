// Every check that a change must pass, by name. `npm test` runs the first ones and the tests, `npm run ok` all of them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkDocs } from './docs.mjs'
import { ROOT, tool } from './setup.mjs'

const published = () =>
  ['packages', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .map((name) => join(folder, name))
      .filter(
        (path) => !JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')).private,
      ),
  )

export const format = () =>
  tool('@biomejs/biome/bin/biome', ['format', '.'], { quiet: 'Checking format' })

export const lint = () =>
  tool(
    'oxlint/bin/oxlint',
    ['--type-aware', '--quiet', '-c', '.oxlintrc.json', 'packages', 'examples', 'bench', 'test'],
    { quiet: 'Linting with types' },
  )

export const typecheckTests = () =>
  tool('typescript/bin/tsc', ['-p', 'tsconfig.tests.json', '--noEmit'], {
    quiet: 'Type-checking tests',
  })

export const boundaries = () =>
  tool('turbo/bin/turbo', ['boundaries', '--no-update-notifier'], { quiet: 'Checking floors' })

export const docs = async () => {
  const { files, examples } = checkDocs()
  console.error(`Checking docs: ${examples} examples in ${files} files become tests`)
}

export const unused = () => tool('knip/bin/knip.js', [], { quiet: 'Looking for unused code' })

export const packaging = async () => {
  for (const path of published()) {
    await tool('publint/src/cli.js', ['run', path, '--strict', '--pack', 'npm'], {
      quiet: `publint ${path}`,
    })
    await tool(
      '@arethetypeswrong/cli/dist/index.js',
      ['--pack', path, '--profile', 'esm-only', '--quiet'],
      { quiet: `attw ${path}` },
    )
  }
}
