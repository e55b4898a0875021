// npm run lockfile: completes package-lock.json with the optional packages of other platforms.
// npm leaves them out where the registry in use does not carry them, and `npm ci` then refuses the lockfile everywhere.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './setup.mjs'

const FILE = join(ROOT, 'package-lock.json')
const SYSTEMS = ['darwin', 'android', 'freebsd', 'openharmony', 'linux']
const PROCESSORS = ['arm64', 'ppc64', 's390x', 'riscv64', 'ia32', 'arm', 'x64']

const lock = JSON.parse(readFileSync(FILE, 'utf8'))

/** True where Node would find the package from here: in this folder's node_modules or one above. */
function isLocked(from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${base && `${base}/`}node_modules/${name}`]) return true
    if (base === '') return false
  }
}

let added = 0
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(path, name) || !/^\d/.test(version)) continue
    const label = name.split('/').at(-1)
    const system =
      SYSTEMS.find((os) => label.includes(os)) ?? (label.includes('win') ? 'win32' : 'linux')
    const processor = PROCESSORS.find((cpu) => label.includes(cpu)) ?? 'x64'
    const libc =
      system !== 'linux'
        ? undefined
        : label.includes('musl')
          ? 'musl'
          : label.includes('gnu')
            ? 'glibc'
            : undefined
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [processor],
      ...(dev ? { dev } : {}),
      ...(libc ? { libc: [libc] } : {}),
      optional: true,
      os: [system],
    }
    added++
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
)
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} packages of other platforms added`)
