import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CliError, EXIT } from './exit-codes.ts'

/** Keys for signing. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What was found about the account, and where. */
export interface Account {
  /** Undefined: requests are anonymous. */
  readonly keys: Keys | undefined
  readonly region: string | undefined
  readonly endpoint: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>
type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Finds keys, region and endpoint where AWS tools look for them: options, then the environment, then the profile in the
 * shared files.
 */
export async function findAccount(
  options: {
    readonly accessKey?: string | undefined
    readonly secretKey?: string | undefined
    readonly profile?: string | undefined
    readonly region?: string | undefined
    readonly endpoint?: string | undefined
  },
  env: Environment,
): Promise<Account> {
  if ((options.accessKey === undefined) !== (options.secretKey === undefined)) {
    throw new CliError(
      EXIT.usage,
      '--access-key and --secret-key belong together: give both or none',
    )
  }
  const named = options.profile ?? env['AWS_PROFILE']
  const profile = await readProfile(named ?? 'default', env)
  if (named !== undefined && profile.size === 0) {
    throw new CliError(EXIT.denied, `There is no profile of this name in the AWS files: ${named}`)
  }
  const region =
    options.region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? profile.get('region')
  const endpoint =
    options.endpoint ??
    env['AWS_ENDPOINT_URL_S3'] ??
    env['AWS_ENDPOINT_URL'] ??
    profile.get('endpoint_url')
  const keys =
    keysOf(options.accessKey, options.secretKey, undefined) ??
    (options.profile === undefined
      ? keysOf(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN'])
      : undefined) ??
    keysOf(
      profile.get('aws_access_key_id'),
      profile.get('aws_secret_access_key'),
      profile.get('aws_session_token'),
    )
  return { keys, region, endpoint }
}

function keysOf(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): Keys | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

async function readProfile(name: string, env: Environment): Promise<ReadonlyMap<string, string>> {
  const folder = join(homedir(), '.aws')
  const credentials = await readSections(
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(folder, 'credentials'),
  )
  const config = await readSections(env['AWS_CONFIG_FILE'] ?? join(folder, 'config'))
  return new Map([
    ...(config.get(name === 'default' ? name : `profile ${name}`) ?? []),
    ...(credentials.get(name) ?? []),
  ])
}

async function readSections(path: string): Promise<Sections> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    // Not there or not ours to read: then there is nothing in it for us.
    return new Map()
  }
  return parseSections(text)
}

/** The INI of AWS's shared files: sections, `name = value`, comments; nested settings are passed over. */
export function parseSections(text: string): Sections {
  const sections = new Map<string, Map<string, string>>()
  let section = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(.+?)\s*\]/.exec(line)
    const setting = /^([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (heading !== null) {
      section = sections.get(heading[1] as string) ?? new Map()
      sections.set(heading[1] as string, section)
    } else if (setting !== null) {
      section.set((setting[1] as string).toLowerCase(), setting[2] as string)
    }
  }
  return sections
}
