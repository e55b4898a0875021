import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseScheme } from '@millrace/ec-codec'
import { DEFAULT_HOST, DEFAULT_PORT, DEFAULT_REGION } from './server.ts'

/** What the command line asks for. */
export interface CommandOptions {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly volumes: readonly string[]
  readonly scheme?: string
  readonly region: string
  readonly durability: 'strict' | 'relaxed'
  readonly logLevel: string
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('Give a number from 0 (any free port) to 65535.')
  }
  return port
}

function scheme(text: string): string {
  try {
    parseScheme(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
  return text
}

/**
 * Reads the command line. Volumes not named are made under the data directory, one for each shard of the scheme.
 *
 * @param argv as `process.argv`
 */
export function parseOptions(argv: readonly string[]): CommandOptions {
  const command = new Command('millrace-server')
    .description('S3 over erasure-coded local volumes')
    .option('--host <address>', 'address to listen on', DEFAULT_HOST)
    .option('--port <number>', 'port to listen on; 0 takes a free one', portNumber, DEFAULT_PORT)
    .option('--data <directory>', 'where credentials and default volumes are kept', './data')
    .option('--volumes <directories...>', 'a directory for each shard, best on a disk each')
    .addOption(
      new Option(
        '--scheme <k+m>',
        'data and parity shards of new volumes (default: 4+2)',
      ).argParser(scheme),
    )
    .option('--region <name>', 'region that clients sign for', DEFAULT_REGION)
    .addOption(
      new Option('--durability <mode>', 'what an answered write has survived')
        .choices(['strict', 'relaxed'])
        .default('strict'),
    )
    .addOption(
      new Option('--log-level <level>', 'what to log, as JSON lines on stderr')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('warn'),
    )
    .addHelpText(
      'after',
      `
Environment:
  MILLRACE_ACCESS_KEY_ID, MILLRACE_SECRET_ACCESS_KEY
                        the root user's credentials; without them a pair is
                        made once and kept in the data directory

Examples:
  millrace-server
  millrace-server --port 0 --data /srv/millrace
  millrace-server --scheme 2+1 --volumes /mnt/a /mnt/b /mnt/c
`,
    )
    .showHelpAfterError('Give --help to see the options')
    .allowExcessArguments(false)
    .parse(argv)
  const parsed = command.opts<Omit<CommandOptions, 'volumes'> & { volumes?: string[] }>()
  const { k, m } = parseScheme(parsed.scheme ?? '4+2')
  const volumes =
    parsed.volumes ??
    Array.from({ length: k + m }, (_, index) => join(parsed.data, `volume-${index + 1}`))
  return { ...parsed, data: resolve(parsed.data), volumes: volumes.map((path) => resolve(path)) }
}
