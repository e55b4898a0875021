import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { PwriteSinkOptions } from '@millrace/pwrite-sink'
import { useFolder } from './files.ts'

const folder = useFolder()

/** strace shows the order of system calls and makes chosen ones fail, in a child process. */
const hasStrace =
  spawnSync('strace', ['-f', '--seccomp-bpf', '-qq', '-e', 'trace=none', 'true']).status === 0

const TRACED = 'trace=pwrite64,fsync,fdatasync,link,rename,unlink'

/** Writes 'new' and commits; gives the calls in order and what the child printed: 'done' or an error's code. */
function commitUnderStrace(
  options: PwriteSinkOptions,
  fault?: string,
): { readonly calls: string[]; readonly outcome: string } {
  const program = `
    import { openPwriteSink } from '@millrace/pwrite-sink'
    const sink = await openPwriteSink(process.argv[1], ${JSON.stringify(options)})
    try {
      await sink.write(Buffer.from('new'), 0)
      await sink.commit()
      process.stdout.write('done')
    } catch (error) {
      process.stdout.write(error.code + ' ' + error.cause?.code)
    }
  `
  const trace = folder.file('trace')
  const inject = fault === undefined ? [] : ['-e', `inject=${fault}`]
  const run = [process.execPath, '--input-type=module', '-e', program, folder.file()]
  const { stdout } = spawnSync(
    'strace',
    ['-f', '--seccomp-bpf', '-qq', '-o', trace, '-e', TRACED, ...inject, ...run],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  )
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? [])
  return { calls, outcome: stdout }
}

describe.skipIf(!hasStrace)('commit()', () => {
  test.each([
    ['create', 'full', ['pwrite64', 'fsync', 'link', 'unlink', 'fsync']],
    ['replace', 'full', ['pwrite64', 'fsync', 'rename', 'fsync']],
    ['replace', 'data', ['pwrite64', 'fdatasync', 'rename']],
    ['replace', 'none', ['pwrite64', 'rename']],
  ] as const)(
    '%s, fsync %s: flushes the bytes, then names them, then flushes the name',
    (mode, fsync, expected) => {
      expect(commitUnderStrace({ mode, fsync })).toEqual({ calls: expected, outcome: 'done' })
    },
  )

  test.each([
    ['pwrite64:error=ENOSPC', 'ERR_PWRITE_SINK_NO_SPACE ENOSPC', 'old'],
    ['pwrite64:error=EIO', 'ERR_PWRITE_SINK_IO EIO', 'old'],
    ['fsync:error=EIO:when=1', 'ERR_PWRITE_SINK_IO EIO', 'old'],
    ['rename:error=EROFS', 'ERR_PWRITE_SINK_IO EROFS', 'old'],
    ['fsync:error=EIO:when=2', 'ERR_PWRITE_SINK_IO EIO', 'new'],
    ['fsync:error=EINVAL:when=2', 'done', 'new'],
  ])('%s: %s, the file is %s, nothing else stays', async (fault, outcome, content) => {
    await writeFile(folder.file(), 'old')
    expect(commitUnderStrace({ mode: 'replace' }, fault).outcome).toBe(outcome)
    expect(await readFile(folder.file(), 'utf8')).toBe(content)
    expect(await folder.names()).toEqual(['file', 'trace'])
  })

  test('link without hard links: create is refused rather than unsafe', async () => {
    for (const error of ['EPERM', 'EOPNOTSUPP']) {
      const { outcome } = commitUnderStrace({ mode: 'create' }, `link:error=${error}`)
      expect(outcome).toMatch(/^ERR_PWRITE_SINK_NO_HARD_LINKS/)
      expect(await folder.names()).toEqual(['trace'])
    }
  })

  test('short writes are completed', async () => {
    // The system says that one byte was written, and none was: the rest of the file must come after it.
    const { calls, outcome } = commitUnderStrace({ fsync: 'none' }, 'pwrite64:retval=1:when=1')
    expect(outcome).toBe('done')
    expect(calls.filter((call) => call === 'pwrite64')).toHaveLength(2)
    expect(await readFile(folder.file(), 'latin1')).toBe('\0ew')
  })
})
