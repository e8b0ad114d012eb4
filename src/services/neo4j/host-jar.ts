import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { IsolaneError } from '../../core/errors.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { cacheFolder } from '../../core/folders.ts'
import { packageRoot } from '../../core/package-root.ts'

export interface HostJar {
  readonly path: string
  /** Names its contents. */
  readonly key: string
}

let found: HostJar | undefined

/**
 * The host program. A class-data archive is good for one path and one time stamp only, so projects share a copy in the
 * cache, named by its contents; where that can't be written, the package's own is used.
 *
 * @throws ISOLANE_ENGINE_NOT_FOUND when the package was built without it
 */
export function hostJar(): HostJar {
  found ??= findHostJar()
  return found
}

function findHostJar(): HostJar {
  const shipped = join(packageRoot(), 'dist', 'neo4j-host.jar')
  if (!existsSync(shipped)) {
    throw new IsolaneError({
      code: 'ISOLANE_ENGINE_NOT_FOUND',
      message: `The Neo4j host program is missing from ${shipped}`,
      remedy: 'in a checkout of Isolane, `npm run build` makes it (with a JDK and Maven); else install isolane again',
    })
  }
  const key = fingerprint(readFileSync(shipped)).slice(0, 12)
  const shared = join(cacheFolder(), 'neo4j-host', `${key}.jar`)
  try {
    if (!existsSync(shared)) share(shipped, shared)
    return { path: shared, key }
  } catch {
    return { path: shipped, key }
  }
}

/** Whoever comes second finds it there: the file under the final name never changes. */
function share(shipped: string, shared: string): void {
  mkdirSync(join(shared, '..'), { recursive: true })
  const partial = `${shared}.${process.pid}.partial`
  try {
    copyFileSync(shipped, partial)
    utimesSync(partial, archiveTime, archiveTime)
    linkSync(partial, shared)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(partial, { force: true })
  }
}

const archiveTime = new Date('2020-01-01T00:00:00Z')
