import type { StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'

/** @throws ISOLANE_SNAPSHOT_REFUSED for a state that a server of this version can't have */
export function refuseUnfit(saved: StateSummary, format: string, version: string): void {
  if (saved.format !== format) {
    throw refused(
      `The snapshot is a ${saved.format}, and this server takes a ${format}`,
      'a store is for the lanes of the host program, a dump for servers with many databases',
    )
  }
  if (isNewer(saved.version, version)) {
    throw refused(
      `The snapshot is of Neo4j ${saved.version}, and this server is ${version}`,
      `a store can't go back to an older server: set \`version: '${lineOf(saved.version)}'\` for neo4j`,
    )
  }
}

export function refused(message: string, remedy: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_REFUSED',
    message,
    remedy,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Major and minor: within a line, stores are the same. */
export function lineOf(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}

function isNewer(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major > thanMajor || (major === thanMajor && minor > thanMinor)
}

type Found = Pick<StateSummary, 'counts' | 'digests'> & { readonly schema?: string | undefined }

/** How what was brought back differs from what was saved; `undefined` where it does not. */
export function whatDiffers(found: Found, saved: StateSummary): string | undefined {
  return (
    whichDataDiffer(found, saved) ??
    (saved.schema === found.schema ? undefined : 'its constraints or indexes are others')
  )
}

/** The same without constraints and indexes. */
export function whichDataDiffer(found: Pick<Found, 'counts' | 'digests'>, saved: StateSummary): string | undefined {
  const groups = new Set([...Object.keys(saved.counts), ...Object.keys(found.counts)])
  for (const group of groups) {
    const [before = 0, after = 0] = [saved.counts[group], found.counts[group]]
    if (before !== after) return `${group} counts ${after} instead of ${before}`
    if (saved.digests[group] !== found.digests[group]) return `${group} has other contents`
  }
  return undefined
}

/** @throws ISOLANE_RESTORE_FAILED for what is not what was saved */
export function checkSame(found: Found, saved: StateSummary): void {
  const why = whatDiffers(found, saved)
  if (why === undefined) return
  throw new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `What was brought back is not what was saved: ${why}`,
    remedy: 'the lane is as it was; use another snapshot',
  })
}
