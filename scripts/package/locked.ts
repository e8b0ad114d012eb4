/** What a lock file says of packages from the registry. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './manifest.ts'

interface LockEntry {
  /** Present where the folder is named otherwise. */
  readonly name?: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** Below the lock file's folder. */
  readonly path: string
}

interface LockedOptions {
  /** Whether what packages want beside them counts, as far as it is there. */
  readonly peers: boolean
  /** Below the project's folder. The project's own unless told otherwise. */
  readonly lockFile?: string
}

/** These packages and all that they need. */
export function locked(
  names: readonly string[],
  { peers, lockFile = 'package-lock.json' }: LockedOptions,
): readonly LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, lockFile), 'utf8')) as { packages: LockEntries }
  const found = new Map<string, LockedPackage>()
  const visit = (path: string | undefined) => {
    const entry = path === undefined ? undefined : packages[path]
    if (path === undefined || !entry || found.has(path)) return
    found.set(path, { path, name: entry.name ?? nameOf(path), version: entry.version })
    const wanted = { ...entry.dependencies, ...entry.optionalDependencies, ...(peers ? entry.peerDependencies : {}) }
    for (const name of Object.keys(wanted)) visit(resolve(packages, path, name))
  }
  for (const name of names) visit(resolve(packages, '', name))
  return [...found.values()].sort((left, right) => left.name.localeCompare(right.name))
}

type LockEntries = Readonly<Record<string, LockEntry>>

/** As Node looks a package up: beside whoever asks, then further and further up. */
function resolve(packages: LockEntries, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const path = `${folder}${folder && '/'}node_modules/${name}`
    if (packages[path]) return path
    if (!folder) return undefined
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
