import type { ObjectStore } from '@millrace/object-store'
import { createHttpStore } from '@millrace/object-store-http'
import { createS3Store, parseS3Url } from '@millrace/object-store-s3'
import type { Account } from './credentials.ts'
import { CliError, EXIT } from './exit-codes.ts'

/** An object somewhere, ready to be read. */
export interface Source extends AsyncDisposable {
  readonly store: ObjectStore
  readonly key: string
  /** What to call the file, as the remote side has it: not to be trusted. */
  readonly name: string
  /** For people: without queries and user names, which may be secrets. */
  readonly label: string
}

/** Opens what the command line names: `s3://bucket/key` or an http(s) URL. */
export function openSource(text: string, account: Account): Source {
  if (/^s3:/i.test(text)) return openS3(text, account)
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return openHttp(new URL(text))
  throw new CliError(
    EXIT.usage,
    `Cannot tell what to download: "${text}". Give s3://bucket/key or an http(s) URL`,
  )
}

function openS3(text: string, { keys, region, endpoint }: Account): Source {
  let location: ReturnType<typeof parseS3Url>
  try {
    location = parseS3Url(text)
  } catch (cause) {
    throw new CliError(EXIT.usage, `This is no s3://bucket/key: "${text}"`, { cause })
  }
  const { bucket, key } = location
  if (key === '') {
    throw new CliError(EXIT.usage, `Which object of the bucket? Give s3://${bucket}/KEY`)
  }
  let store: ReturnType<typeof createS3Store>
  try {
    store = createS3Store({
      bucket,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(keys === undefined ? {} : { credentials: keys }),
    })
  } catch (cause) {
    throw new CliError(EXIT.usage, (cause as Error).message, { cause })
  }
  return sourceOf(store, key, key, `s3://${bucket}/${key}`)
}

function openHttp(url: URL): Source {
  const key = url.pathname.slice(1)
  if (key === '') throw new CliError(EXIT.usage, `The URL names no file: ${url.origin}/`)
  const user = url.username === '' ? '' : `${url.username}:${url.password}@`
  // The path goes out as it stands in the URL: a signed one is signed in just this spelling.
  const store = createHttpStore(`${url.protocol}//${user}${url.host}/${url.search}`, {
    encodeKey: (raw) => raw,
  })
  return sourceOf(store, key, decoded(key), url.origin + url.pathname)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function sourceOf(
  store: ObjectStore & { close(): Promise<void> },
  key: string,
  name: string,
  label: string,
): Source {
  return { store, key, name, label, [Symbol.asyncDispose]: async () => store.close() }
}
