import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { EXIT } from './exit-codes.ts'
import { type GetOptions, runGet, type Surroundings } from './get.ts'

const EXAMPLES = `
Examples:
  $ millrace get s3://photos/2026/mill.jpg
      into this folder, from AWS, with the credentials of the environment
  $ millrace get s3://backup/db.tar.zst /srv/restore/ --endpoint http://127.0.0.1:9000
      into a folder, from any server that speaks S3
  $ millrace get s3://logs/today.gz - --profile prod | zcat
      to the standard output, in order, fetched ahead in parallel
  $ millrace get "https://example.org/debian.iso?signature=..." debian.iso --concurrency 4
      a plain or signed web address

Credentials come from --access-key and --secret-key (visible to others in the list of processes), else from
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else from the profile (--profile, AWS_PROFILE) in ~/.aws.
Without any, requests are anonymous.

Exit codes:
  0  the object is there, whole, checked where the server offers a checksum
  1  unexpected failure            5  server or network does not work
  2  wrong command line            6  wrong bytes, or the object kept changing
  3  no such object or bucket      7  destination exists, is full, or cannot be written
  4  credentials or permission   130  stopped by Ctrl-C; nothing is left behind
`

/**
 * The program `millrace`.
 *
 * @param args - the command line, without node and script
 * @param around - environment, streams and the signal of Ctrl-C
 * @returns the exit code
 */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  const { stdout, stderr } = around
  let exitCode: number = EXIT.ok
  const program = new Command('millrace')
    .description('Parallel, verified downloads from any S3 and any web server')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .showHelpAfterError('(millrace get --help shows how it goes)')
  program
    .command('get')
    .description('download one object')
    .argument('<SOURCE>', 's3://bucket/key, or an http or https URL')
    .argument('[DEST]', 'a file, a folder, or - for the standard output (default: this folder)')
    .option('--endpoint <URL>', 'server that speaks S3 (or AWS_ENDPOINT_URL; default: AWS itself)')
    .option('--region <NAME>', 'region to sign for (or AWS_REGION; default: us-east-1)')
    .option('--access-key <ID>', 'access key')
    .option('--secret-key <SECRET>', 'secret key')
    .option('--profile <NAME>', 'profile in the AWS files')
    .option('--version-id <ID>', 'this version instead of the latest')
    .option('--concurrency <N>', 'requests at a time (default: by size, up to 16)', count(1, 256))
    .option('--part-size <BYTES>', 'bytes of a request, such as 16M (default: by size)', size)
    .option('--threads <N>', 'threads that write and hash; 0 for none (default: 2)', count(0, 64))
    .option('--no-verify', 'do not check the bytes')
    .option('--force', 'replace the file if it exists', false)
    .option('-q, --quiet', 'say nothing but errors', false)
    .option('--json', 'print the result as one line of JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, dest: string | undefined, options: GetOptions) => {
      exitCode = await runGet(source, dest, options, around)
    })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 || error.code === 'commander.help' ? EXIT.ok : EXIT.usage
  }
  return exitCode
}

function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    }
    return value
  }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes with an optional K, M or G, in powers of 1024. */
function size(text: string): number {
  const match = /^(\d+)\s*([kmg]?)(?:i?b)?$/i.exec(text)
  const value = Number(match?.[1]) * (UNITS[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN)
  if (!Number.isSafeInteger(value) || value < 64 * 1024 || value > 5 * 1024 ** 3) {
    throw new InvalidArgumentError('It must be from 64K to 5G, such as 16M.')
  }
  return value
}
