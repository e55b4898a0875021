import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VolumeError } from './errors.ts'

const LOCK = 'lock'
const held = new Set<string>()

/**
 * What tells a process from a later one with the same number: when it started, and in which boot. Empty where the system
 * does not say (only Linux has /proc).
 */
async function birthOf(pid: number): Promise<string> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // Behind the command, which is in parentheses and may have spaces: field 22 of proc(5).
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${started} ${boot.trim()}`
  } catch {
    return ''
  }
}

/**
 * True for a process that has ended and whose parent has not asked for its exit code yet: it still has its number, and
 * perhaps for ever where the first process of a container asks nobody. One whose other threads still run is not done.
 */
async function hasEnded(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Fields 3 and 20 of proc(5): state and number of threads.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (fields[0] === 'Z' || fields[0] === 'X') && Number(fields[17]) <= 1
}

/** True when the process that wrote this lock still runs. */
async function isHeld(text: string): Promise<boolean> {
  const [number = '', ...rest] = text.trim().split(' ')
  const pid = Number(number)
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  const birth = rest.join(' ')
  // Without a birth to compare, our own number is one that was used again: what this process holds is in `held`.
  if (birth === '' && pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, under another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  if (await hasEnded(pid)) return false
  const now = await birthOf(pid)
  return birth === '' || now === '' || now === birth
}

/**
 * Takes a volume for this process. A lock that a process left when it was killed is taken over, also when its number
 * has been given to another process since.
 *
 * @returns the function that gives the volume free
 * @throws {VolumeError} `ERR_VOLUME_LOCKED` while another one has it
 */
export async function takeLock(directory: string): Promise<() => Promise<void>> {
  const path = join(await realpath(directory), LOCK)
  const inUse = (owner: string): VolumeError =>
    new VolumeError(
      'ERR_VOLUME_LOCKED',
      `Cannot open ${directory}: process ${owner.trim().split(' ')[0]} is using it. Stop that server first`,
    )
  if (held.has(path)) throw inUse(String(process.pid))
  held.add(path)
  try {
    const mine = `${process.pid} ${await birthOf(process.pid)}`
    const aside = `${path}.${process.pid}`
    for (;;) {
      // Linked, not written, into place: nobody ever sees a lock without its owner.
      await writeFile(aside, mine)
      const taken = await link(aside, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false
          throw error
        },
      )
      if (taken) break
      const found = await readFile(path, 'utf8').catch(() => '')
      if (found !== '' && (await isHeld(found))) throw inUse(found)
      // Moved away and looked at again: of two that take over at once, one would remove the other's new lock.
      await rename(path, aside).catch(() => undefined)
      const moved = await readFile(aside, 'utf8')
      if (moved !== found && moved !== mine) {
        await rename(aside, path)
        throw inUse(moved)
      }
    }
    await rm(aside, { force: true })
  } catch (error) {
    held.delete(path)
    await rm(`${path}.${process.pid}`, { force: true }).catch(() => undefined)
    throw error
  }
  return async () => {
    held.delete(path)
    await rm(path, { force: true })
  }
}
