import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { locked } from './locked.ts'
import { manifest, root } from './manifest.ts'
import { pack } from './pack.ts'

interface PackageSize {
  readonly name: string
  readonly version: string
  /** Bytes of its files. */
  readonly size: number
}

export interface InstalledSize {
  /** Bytes that are downloaded for the package itself. */
  readonly packed: number
  /** Bytes of its files. */
  readonly unpacked: number
  /** What is installed with it, largest first. Peers are the user's own. */
  readonly dependencies: readonly PackageSize[]
  /** Bytes of all files that an installation adds to an empty project. */
  readonly total: number
}

/** Measured on the packages that this project has installed. */
export async function installedSize(): Promise<InstalledSize> {
  const { size, unpackedSize } = await pack()
  const dependencies = locked(Object.keys(manifest.dependencies), { peers: false })
    .map(({ name, version, path }) => ({ name, version, size: folderSize(join(root, path)) }))
    .sort((left, right) => right.size - left.size)
  const total = dependencies.reduce((sum, dependency) => sum + dependency.size, unpackedSize)
  return { packed: size, unpacked: unpackedSize, dependencies, total }
}

/** Without the packages that are installed inside of it, which count for themselves. */
function folderSize(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? sum : sum + folderSize(path)
    return sum + statSync(path).size
  }, 0)
}
