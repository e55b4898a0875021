import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError, EXIT } from './exit-codes.ts'

/** Longest file name that common file systems take, in bytes. */
const MAX_NAME_BYTES = 255

/** Where the bytes go: a file of their own, a stream (`-`), or what is there already and is no file (a FIFO, /dev/null). */
export type Destination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'device'; readonly path: string }

/**
 * Finds the place that DEST names. In a folder the file is called as the last part of the key, and keys are somebody
 * else's: a name that is not plainly a name is refused, so that nothing is ever written outside the folder.
 */
export async function findDestination(
  dest: string | undefined,
  remoteName: string,
): Promise<Destination> {
  if (dest === '-') return { kind: 'stdout' }
  if (dest === '') throw new CliError(EXIT.usage, 'DEST is empty')
  if (dest === undefined) return { kind: 'file', path: safeName(remoteName) }
  const found = await stat(dest).catch(() => undefined)
  if (found?.isDirectory() === true) return { kind: 'file', path: join(dest, safeName(remoteName)) }
  if (/[/\\]$/.test(dest)) {
    const path = join(dest, safeName(remoteName))
    try {
      await mkdir(dest, { recursive: true })
    } catch (cause) {
      throw new CliError(EXIT.destination, `Cannot make the folder: ${dest}`, { cause })
    }
    return { kind: 'file', path }
  }
  if (found !== undefined && !found.isFile()) return { kind: 'device', path: dest }
  return { kind: 'file', path: dest }
}

/** The last part of a key as a file name, or an error. */
export function safeName(remoteName: string): string {
  const name = remoteName.slice(remoteName.lastIndexOf('/') + 1)
  const control = Array.from(name).some((char) => (char.codePointAt(0) as number) < 0x20)
  const unsafe =
    name === '' ||
    name === '.' ||
    name === '..' ||
    control ||
    name.includes('\\') ||
    name.includes('\x7f') ||
    /^[A-Za-z]:/.test(name) ||
    (process.platform === 'win32' && (/[<>:"|?*]/.test(name) || /[. ]$/.test(name))) ||
    Buffer.byteLength(name) > MAX_NAME_BYTES
  if (unsafe) {
    throw new CliError(
      EXIT.destination,
      `The object's name makes no safe file name: ${JSON.stringify(name)}. Say what to call it: give DEST as a file`,
    )
  }
  return name
}
